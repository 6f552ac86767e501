using System.Text;
using ControlledSentiment;
using PreferenceLosses.Training;

// How much sentiment reward each loss buys for how much KL: the paper's controlled experiment, at the size of an n-gram policy.

var (arguments, error) = Arguments.Parse(args);
if (arguments is null)
{
    Console.Error.WriteLine($"{error}\n{Arguments.Usage}");
    return 2;
}

Console.OutputEncoding = Encoding.UTF8;
using var cancel = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    cancel.Cancel();
};
var results = Path.Combine(arguments.Output, "frontier.csv");
try
{
    var isOwn = arguments.Sentences is null;
    var corpus = isOwn ? Corpus.Own() : Corpus.Read(arguments.Sentences!, arguments.Lexicon!);
    var paper = arguments.Paper is null ? [] : Observation.ReadPaper(arguments.Paper);
    var task = new ControlledSentimentTask(corpus.Sentences, corpus.Lexicon, isOwn ? BuiltInSentiment.Options : null);
    ulong[] seeds = [.. Enumerable.Range(0, arguments.Seeds).Select(seed => (ulong)seed)];
    Report.Setup(corpus, task, seeds);

    Directory.CreateDirectory(arguments.Output);
    var sweep = new FrontierSweep(task, Grid.AllLosses, Grid.Betas, seeds) { MaxThreads = arguments.Threads };
    var runs = sweep.Run(results, new SweepDisplay(), cancel.Token);

    Observation[] own = [.. Observation.Of(runs)];
    FrontierCharts.Frontier(own, paper).Save(Path.Combine(arguments.Output, "frontier.svg"));
    FrontierCharts.RewardByBeta(own, paper).Save(Path.Combine(arguments.Output, "reward-by-beta.svg"));
    FrontierCharts.KlByBeta(own, paper).Save(Path.Combine(arguments.Output, "kl-by-beta.svg"));
    Report.Table(runs);
    Report.Envelopes(task, runs, seeds);
    Console.WriteLine($"\nWritten to {arguments.Output}: frontier.csv, frontier.svg, reward-by-beta.svg, kl-by-beta.svg.");
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine($"\nStopped; what is done is in {results}, and the same command goes on from there.");
    return 1;
}
catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
