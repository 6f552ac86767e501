using System.Globalization;
using System.Text.RegularExpressions;
using ControlledSentiment;
using PreferenceLosses.Training;

namespace TinyTransformer;

/// <summary>
/// The shape of the DiscoPOP paper's IMDb experiment: a model fitted to reviews, its own completions of their beginnings ranked by a sentiment reward, preference training on those pairs, and
/// then reward against KL. The reward here is σ(Σ valence of the words), where the paper has a classifier.
/// </summary>
internal static partial class SentimentRun
{
    private const int PromptTokens = 4;

    public static void Run(Arguments arguments)
    {
        var corpus = arguments.Sentences is { } path ? Corpus.Read(path, arguments.Lexicon!) : Corpus.Own();
        var random = new RandomStream(arguments.Seed);
        string[] sentences = [.. random.NextPermutation(corpus.Sentences.Length).Select(i => corpus.Sentences[i])];
        var (heldOut, fitted) = (sentences[..(sentences.Length / 10)], sentences[(sentences.Length / 10)..]);
        Console.WriteLine($"{fitted.Length} sentences of {corpus.Name} to fit to, and {heldOut.Length} held out; a lexicon of {corpus.Lexicon.Count} words.");
        var transformer = Transformer.Make(arguments, fitted.Select(text => new TextExample(ExampleKind.Unpaired, "", [text], IsDesirable: true, [], corpus.Name, 0)));
        using var policy = transformer.Policy;
        transformer.Fit(arguments, fitted, heldOut);

        ReadOnlyMemory<int>[] prompts =
        [
            .. fitted.Select(transformer.Tokenizer.Encode).Where(tokens => tokens.Length > PromptTokens).Take(arguments.Prompts).Select(tokens => (ReadOnlyMemory<int>)tokens.AsMemory(0, PromptTokens)),
        ];
        using var trained = policy.Copy();
        var loss = Transformer.Loss(arguments);
        using var trainer = new IterativeTrainer(trained, loss, prompts, (_, completion) => Reward(transformer.Tokenizer.Decode(completion.Span), corpus.Lexicon), new()
        {
            Rounds = arguments.Rounds,
            Sampling = new() { EndOfText = transformer.Tokenizer.EndOfText, MaximumLength = arguments.Length / 3 },
            Training = new() { Epochs = arguments.Epochs, BatchSize = arguments.Batch, LearningRate = arguments.Rate, Seed = arguments.Seed },
        });
        var result = trainer.Run(progress: new Progress(loss.Name));

        Console.WriteLine($"\nTrained with {loss.Name} on {string.Join(", ", result.Rounds.Select(round => round.Pairs))} pairs of the model's own completions of {prompts.Length} prompts (95 % intervals):");
        Console.WriteLine("                reward                       KL, nats a completion        tokens");
        foreach (var round in result.Rounds)
        {
            Row($"round {round.Round} begins", round.Start);
        }

        Row("after", result.Final);
        Weights.Save(arguments, trained);
    }

    private static double Reward(string text, SentimentLexicon lexicon)
    {
        var sum = 0.0;
        foreach (var word in Words().EnumerateMatches(text))
        {
            sum += lexicon.ValenceOf(text.Substring(word.Index, word.Length).ToLowerInvariant());
        }

        return 1 / (1 + Math.Exp(-sum));
    }

    private static void Row(string name, PolicyMeasure measure) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16}{measure.Reward,-29}{measure.Kl,-29}{measure.Length.Value:F1}"));

    [GeneratedRegex(@"[\p{L}']+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
