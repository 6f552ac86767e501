using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Training;

/// <summary>The data of a run: read, split by prompt, and as tokens in files of the run's folder.</summary>
internal sealed class PreparedData : IDisposable
{
    private PreparedData(TextExample first, Vocabulary vocabulary, ExampleStore training, ExampleStore heldOut, DataReport report)
    {
        First = first;
        Vocabulary = vocabulary;
        Training = training;
        HeldOut = heldOut;
        Report = report;
    }

    /// <summary>The first example, which all others are like.</summary>
    public TextExample First { get; }

    public Vocabulary Vocabulary { get; }

    public ExampleStore Training { get; }

    public ExampleStore HeldOut { get; }

    public DataReport Report { get; }

    /// <summary>What the examples are, for a sentence.</summary>
    public string Noun => First.Kind switch
    {
        ExampleKind.Pair => "pairs",
        ExampleKind.Unpaired => "completions",
        _ => "rankings",
    };

    public static PreferenceReader Reader(TrainRequest request) => new([.. request.Data]) { SkipInvalid = request.SkipInvalid };

    /// <summary>The first example of the data.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static TextExample FirstOf(TrainRequest request)
    {
        var report = new DataReport();
        return Reader(request).Read(report).FirstOrDefault() ?? throw CommandException.Failure($"There is nothing to train on: {report}");
    }

    public static PreparedData Prepare(TrainRequest request, RunFolder folder, TextExample first)
    {
        var reader = Reader(request);
        var split = new PromptSplit(request.HeldOut, request.Training.Seed);
        var report = new DataReport();
        var vocabulary = Vocabulary.Of(reader.Read(report).Where(split.IsTrainedOn), request.MinCount, request.VocabularySize ?? int.MaxValue);

        // Not counted again as read; only what becomes of it.
        var encoder = new ExampleEncoder(new WordTokenizer(vocabulary), request.Truncation);
        Directory.CreateDirectory(folder.Data);
        var training = ExampleStore.Create(Path.Combine(folder.Data, "training.examples"), encoder.Encode(reader.Read().Where(split.IsTrainedOn), report));
        var heldOut = ExampleStore.Create(Path.Combine(folder.Data, "held-out.examples"), encoder.Encode(reader.Read().Where(example => !split.IsTrainedOn(example)), report));
        return training.Count > 0
            ? new(first, vocabulary, training, heldOut, report)
            : throw CommandException.Failure($"There is nothing to train on: {report}");
    }

    public void Dispose()
    {
        Training.Dispose();
        HeldOut.Dispose();
    }
}
