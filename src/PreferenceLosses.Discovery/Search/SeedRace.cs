using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>Successive halving with paired seeds: which seeds an objective is scored with next.</summary>
internal static class SeedRace
{
    /// <summary>The next seeds; none if the objective is settled.</summary>
    public static ImmutableArray<ulong> Next(RunState state, ScoredObjective one, DiscoveryOptions options)
    {
        var rounds = options.SeedRounds;
        var done = one.Scores.Length;
        if (one.Attempt is null)
        {
            return Seeds(done, rounds[^1]);
        }

        // A round that was begun is ended, even if a training of it failed: which failed first must not depend on when the run was killed.
        var round = rounds.FirstOrDefault(round => round > done, done);
        if (done == 0 || !rounds.Contains(done))
        {
            return Seeds(done, round);
        }

        var isBehind = one.Failure is not null || (state.Incumbent is { } incumbent && one.DifferenceTo(incumbent) is { Upper: < 0 });
        return isBehind ? [] : Seeds(done, round);

        ImmutableArray<ulong> Seeds(int from, int to) => [.. Enumerable.Range(from, to - from).Select(i => options.Seed + (ulong)i)];
    }
}
