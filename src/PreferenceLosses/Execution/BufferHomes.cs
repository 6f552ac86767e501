using System.Collections.Immutable;

namespace PreferenceLosses.Execution;

/// <summary>
/// Finds memory for row buffers among the outputs: what is kept from one pass to the next may stand where a result of the last pass will be written.
/// A batch that is larger than the caches is computed as fast as memory can be moved, and this way there is less of it.
/// </summary>
internal static class BufferHomes
{
    /// <summary>The output that each row buffer may live in; −1 where there is none.</summary>
    /// <remarks>An output is not written before the last pass that loads the buffer, and houses one buffer at most. Sorts and scans work in memory of their own.</remarks>
    public static ImmutableArray<int> Find(ImmutableArray<Phase> phases, int buffers)
    {
        var homes = Enumerable.Repeat(-1, buffers).ToArray();
        var free = phases.SelectMany((phase, p) => phase.Outputs.Where(o => o.Source.Space == Space.Row).Select(o => (Output: o.Target, Phase: p))).ToList();
        var sorted = phases.SelectMany(phase => phase.Permutations).SelectMany(p => new[] { p.Values, p.Key, p.Result }).ToHashSet();
        foreach (var buffer in Enumerable.Range(0, buffers).Where(b => !sorted.Contains(b)))
        {
            var lastLoad = phases.ToList().FindLastIndex(phase => phase.Instructions.Any(i => i.LoadsBuffer && i.A.Index == buffer));
            var home = free.FindIndex(output => output.Phase >= lastLoad);
            if (home >= 0)
            {
                homes[buffer] = free[home].Output;
                free.RemoveAt(home);
            }
        }

        return [.. homes];
    }
}
