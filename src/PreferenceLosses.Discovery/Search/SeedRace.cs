using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>Successive halving with paired seeds: which seeds an objective is scored with next.</summary>
internal static class SeedRace
{
    /// <summary>The next seeds; none if the objective is settled.</summary>
    public static ImmutableArray<ulong> Next(RunState state, ScoredObjective one, DiscoveryOptions options)
    {
        var rounds = options.SeedRounds;
        if (one.Attempt is null)
        {
            return Missing(rounds[^1]);
        }

        // A round that was begun is ended, even if a training of it failed: which failed first must not depend on when the run was killed, nor on which was fast.
        var reached = one.Scores.IsEmpty ? 0 : one.Scores.Max(score => score.Seed - options.Seed) + 1;
        var begun = rounds.FirstOrDefault(round => (ulong)round >= reached, rounds[^1]);
        if (Missing(begun) is { IsEmpty: false } rest)
        {
            return rest;
        }

        var isBehind = one.Failure is not null || (state.Incumbent is { } incumbent && one.DifferenceTo(incumbent) is { Upper: < 0 });
        return isBehind ? [] : Missing(rounds.FirstOrDefault(round => round > begun, begun));

        ImmutableArray<ulong> Missing(int count) =>
            [.. Enumerable.Range(0, count).Select(i => options.Seed + (ulong)i).Except(one.Scores.Select(score => score.Seed))];
    }
}
