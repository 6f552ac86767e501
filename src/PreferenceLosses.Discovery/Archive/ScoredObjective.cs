using System.Collections.Immutable;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>An objective of a run, with what is known of its fitness.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Attempt">The attempt that proposed it; null for an established one.</param>
/// <param name="Name">The name that is safe to show.</param>
/// <param name="Proposal">What was proposed; untrusted.</param>
public sealed record ScoredObjective(int Number, int? Attempt, string Name, Proposal Proposal)
{
    /// <summary>The notes of the validation.</summary>
    public ImmutableArray<ValidationFinding> Findings { get; init; } = [];

    /// <summary>The property card.</summary>
    public ImmutableArray<string> Properties { get; init; } = [];

    /// <summary>The scores of the search, in the order of their seeds, whichever was there first: equal places of two settled objectives have equal seeds.</summary>
    public ImmutableArray<SeedScore> Scores { get; init; } = [];

    /// <summary>The scores of the confirmation, by stage, in the order of their seeds.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<SeedScore>> ConfirmationScores { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<SeedScore>>(StringComparer.Ordinal);

    /// <summary>What the model was told about its fitness; null until it is settled.</summary>
    public string? Feedback { get; init; }

    /// <summary>Whether it is not scored any further in the search.</summary>
    public bool IsSettled => Feedback is not null;

    /// <summary>Why there is no fitness: the first failure; null if no training failed.</summary>
    public string? Failure => Scores.FirstOrDefault(score => score.Score is null)?.Failure;

    /// <summary>The mean score of the search with Student's 95 % interval over seeds; null without scores, or if a training failed.</summary>
    public Estimate? Fitness => Scores.IsEmpty || Failure is not null ? null : Estimate.OfMean([.. Scores.Select(score => score.Score!.Value)]);

    /// <summary>How much better it is than another in the search, with Student's 95 % interval of the differences at equal seeds; null if there is no seed that both have, or if a training of either failed.</summary>
    /// <param name="other">The other.</param>
    public Estimate? DifferenceTo(ScoredObjective other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Difference(Scores, other.Scores);
    }

    /// <summary>As <see cref="DifferenceTo(ScoredObjective)"/>, in a stage of the confirmation.</summary>
    /// <param name="other">The other.</param>
    /// <param name="stage">The stage.</param>
    public Estimate? DifferenceTo(ScoredObjective other, string stage)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ConfirmationScores.TryGetValue(stage, out var own) && other.ConfirmationScores.TryGetValue(stage, out var others) ? Difference(own, others) : null;
    }

    internal ScoredObjective With(SeedEvaluated evaluated)
    {
        var before = evaluated.Stage is null ? Scores : ConfirmationScores.GetValueOrDefault(evaluated.Stage, []);
        if (before.Any(score => score.Seed == evaluated.Score.Seed))
        {
            throw new InvalidDataException($"The objective {Number} was scored with the seed {evaluated.Score.Seed} before.");
        }

        if (evaluated.Score is { Score: null, Failure: null } or { Score: not null, Failure: not null } || evaluated.Score.Score is { } value && !double.IsFinite(value))
        {
            throw new InvalidDataException($"The objective {Number} was scored with the seed {evaluated.Score.Seed}, and has neither a finite score nor a failure, or both.");
        }

        // They are written as they come.
        ImmutableArray<SeedScore> after = [.. before.Add(evaluated.Score).OrderBy(score => score.Seed)];
        return evaluated.Stage is null
            ? this with { Scores = after }
            : this with { ConfirmationScores = ConfirmationScores.SetItem(evaluated.Stage, after) };
    }

    /// <summary>More seeds, or as many and a better mean over them.</summary>
    internal bool IsBetterThan(ScoredObjective other) =>
        Scores.Length > other.Scores.Length || (Scores.Length == other.Scores.Length && DifferenceTo(other) is { Value: > 0 });

    private static Estimate? Difference(ImmutableArray<SeedScore> own, ImmutableArray<SeedScore> others)
    {
        if (own.Concat(others).Any(score => score.Score is null))
        {
            // What is left without the seeds that failed is no fair comparison.
            return null;
        }

        var bySeed = others.ToDictionary(score => score.Seed, score => score.Score!.Value);
        double[] differences = [.. own.Where(score => bySeed.ContainsKey(score.Seed)).Select(score => score.Score!.Value - bySeed[score.Seed])];
        return differences.Length == 0 ? null : Estimate.OfMean(differences);
    }
}
