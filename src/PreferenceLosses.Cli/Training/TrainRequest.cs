using System.Globalization;
using System.Security.Cryptography;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Training;

/// <summary>Training in rounds: completions are drawn, ranked by a reward, and trained on as pairs.</summary>
/// <param name="Rewards">The file with the reward of words.</param>
/// <param name="Count">How many rounds.</param>
/// <param name="CompletionsPerPrompt">Completions of a prompt.</param>
/// <param name="Momentum">How far the reference goes on in the direction of the last round.</param>
internal sealed record RoundsRequest(string Rewards, int Count, int CompletionsPerPrompt, double Momentum);

/// <summary>What a run is asked to do, checked as far as that is possible without the data.</summary>
internal sealed record TrainRequest
{
    public required IReadOnlyList<string> Data { get; init; }

    public required bool SkipInvalid { get; init; }

    public required double HeldOut { get; init; }

    public required Truncation Truncation { get; init; }

    public required int MinCount { get; init; }

    /// <summary>The most tokens; null for as many as the data has.</summary>
    public required int? VocabularySize { get; init; }

    public required int Order { get; init; }

    /// <summary>The most threads; 0 for one per core.</summary>
    public required int Threads { get; init; }

    public required PreferenceLoss Loss { get; init; }

    /// <summary>How the reference is fitted.</summary>
    public required TrainingOptions Fitting { get; init; }

    /// <summary>How the policy is trained; the folder is not said here.</summary>
    public required TrainingOptions Training { get; init; }

    public required AdamWOptions Optimizer { get; init; }

    /// <summary>Steps from one evaluation to the next; null for ten over the run.</summary>
    public required int? EvaluationInterval { get; init; }

    /// <summary>How completions are drawn, in rounds and for the divergence from the reference.</summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>Null where the pairs of the data are trained on.</summary>
    public required RoundsRequest? Rounds { get; init; }

    public required string Output { get; init; }

    /// <summary>
    /// What decides over the weights that come out, by the name of its option: a folder belongs to the run with these. The data are known by their content, and not by
    /// the names of the files.
    /// </summary>
    public OrderedDictionary<string, string> Identity() => new()
    {
        ["--loss"] = LossJson.Serialize(Loss),
        ["--data"] = string.Join(' ', Data.Select(ContentHash)),
        ["--skip-invalid"] = SkipInvalid ? "yes" : "no",
        ["--held-out"] = Text(HeldOut),
        ["--max-length"] = Text(Truncation.MaxLength),
        ["--max-prompt-length"] = Text(Truncation.MaxPromptLength),
        ["--max-completion-length"] = Text(Truncation.MaxCompletionLength),
        ["--truncation-mode"] = Truncation.Policy switch { LengthPolicy.KeepStart => "keep_start", LengthPolicy.KeepEnd => "keep_end", _ => "drop" },
        ["--min-count"] = Text(MinCount),
        ["--vocabulary-size"] = Text(VocabularySize),
        ["--order"] = Text(Order),
        ["--fit-epochs"] = Text(Fitting.Epochs),
        ["--fit-learning-rate"] = Text(Fitting.LearningRate),
        ["--epochs"] = Text(Training.Epochs),
        ["--batch"] = Text(Training.BatchSize),
        ["--accumulate"] = Text(Training.GradientAccumulation),
        ["--statistics"] = Training.StatisticsSpan == StatisticsSpan.MicroBatch ? "batch" : "step",
        ["--learning-rate"] = Text(Training.LearningRate),
        ["--schedule"] = Training.Schedule.ToString().ToLowerInvariant(),
        ["--warmup"] = Text(Training.WarmupSteps),
        ["--weight-decay"] = Text(Optimizer.WeightDecay),
        ["--clip"] = Text(Training.MaxGradientNorm),
        ["--seed"] = Text(Training.Seed),
        ["--sync-reference"] = Training.ReferenceSynchronization is { } sync ? $"{Text(sync.Share)},{Text(sync.Interval)}" : "none",
        ["--rounds"] = Text(Rounds?.Count),
        ["--reward"] = Rounds is null ? "none" : ContentHash(Rounds.Rewards),
        ["--completions"] = Text(Rounds?.CompletionsPerPrompt),
        ["--momentum"] = Text(Rounds?.Momentum),
        ["--max-new-tokens"] = Rounds is null ? "any" : Text(Sampling.MaximumLength),
        ["--temperature"] = Rounds is null ? "any" : Text(Sampling.Temperature),
    };

    private static string Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? "none";

    /// <summary>Enough of a SHA-256 to tell files apart.</summary>
    private static string ContentHash(string path) => InputFile.Guard(path, () =>
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file).AsSpan(0, 8));
    });
}
