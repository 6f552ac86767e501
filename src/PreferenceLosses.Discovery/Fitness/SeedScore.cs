using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>What one training, or one sweep of trainings, with one seed came to.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Score">The score; higher is better. Finite; null if the training diverged, and the failure says how.</param>
public sealed record SeedScore(ulong Seed, double? Score)
{
    /// <summary>Why there is no score: a sentence about the objective, for the language model; null if there is a score.</summary>
    public string? Failure { get; init; }

    /// <summary>Further measures by name: "reward at β 0.05", "KL". Shown, and not used for the search.</summary>
    public ImmutableSortedDictionary<string, double> Measures { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Curves of the training: "loss", "accuracy". May be none.</summary>
    public ImmutableArray<TrainingCurve> Curves { get; init; } = [];
}

/// <summary>A curve of a training.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Steps">The steps of the optimizer, ascending.</param>
/// <param name="Values">A value for each.</param>
public sealed record TrainingCurve(string Name, ImmutableArray<int> Steps, ImmutableArray<double> Values);
