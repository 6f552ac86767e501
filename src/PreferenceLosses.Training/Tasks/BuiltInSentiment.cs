using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>Sentences with the valences of their words that were written for this library, so that a <see cref="ControlledSentimentTask"/> can be tried without any file.</summary>
/// <remarks>They are few: differences between losses show over several seeds, if at all, and say little about other texts.</remarks>
public sealed class BuiltInSentiment
{
    private BuiltInSentiment(string name)
    {
        Sentences = [.. Lines(name + ".txt")];
        Lexicon = SentimentLexicon.Read(new StringReader(string.Join('\n', Lines(name + ".lexicon.tsv"))));
    }

    /// <summary>What people say of films: 192 sentences.</summary>
    public static BuiltInSentiment Films => new("films");

    /// <summary>What people say of inns: 123 sentences, and other words. For a second look at what was chosen with <see cref="Films"/>.</summary>
    public static BuiltInSentiment Inns => new("inns");

    /// <summary>Sizes for a few hundred sentences: more passes over them than the defaults make, and of the words all.</summary>
    public static ControlledSentimentOptions Options { get; } = new()
    {
        TrainingPrompts = 200,
        EvaluationPrompts = 64,
        PromptLength = 2,
        MinimumCount = 1,
        Fitting = NGramDefaults.Fitting with { Epochs = 20, BatchSize = 8 },
        Training = new ControlledSentimentOptions().Training with { Epochs = 8, BatchSize = 8, LearningRate = 0.05 },
    };

    /// <summary>The sentences.</summary>
    public ImmutableArray<string> Sentences { get; }

    /// <summary>What their words are worth.</summary>
    public SentimentLexicon Lexicon { get; }

    private static IEnumerable<string> Lines(string file)
    {
        using var stream = typeof(BuiltInSentiment).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The assembly lacks its resource '{file}'.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
