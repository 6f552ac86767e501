namespace PreferenceLosses.Training.Tests.Tasks;

/// <summary>A task that is trained in a moment.</summary>
internal static class SentimentSamples
{
    public const string LexiconText = "token\tvalence\ngood\t2\nlovely\t1.5\nbad\t-1.5\ndull\t-2\n";

    public static ControlledSentimentOptions Options { get; } = new()
    {
        TrainingPrompts = 60,
        EvaluationPrompts = 40,
        PromptLength = 2,
        CompletionsPerPrompt = 3,
        MaximumLength = 8,
        MinimumCount = 1,
        Fitting = new TrainingOptions { Epochs = 6, BatchSize = 16, LearningRate = 0.1 },
        Training = new TrainingOptions { Epochs = 5, BatchSize = 16, LearningRate = 0.05, ExplosionFactor = double.PositiveInfinity },
    };

    public static SentimentLexicon Lexicon { get; } = SentimentLexicon.Read(new StringReader(LexiconText));

    /// <summary>As many good words as bad ones.</summary>
    public static string[] Sentences { get; } =
    [
        .. from subject in (string[])["the film", "the story", "a comedy", "this drama", "my evening"]
           from verb in (string[])["is", "was", "seems"]
           from adjective in (string[])["good", "lovely", "bad", "dull", "long", "short"]
           from end in (string[])["", " and slow"]
           select $"{subject} {verb} {adjective}{end}.",
    ];

    public static ControlledSentimentTask Task { get; } = new(Sentences, Lexicon, Options);
}
