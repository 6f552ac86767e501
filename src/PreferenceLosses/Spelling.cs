namespace PreferenceLosses;

/// <summary>Finds what somebody may have meant.</summary>
internal static class Spelling
{
    /// <summary>The nearest of some names, the nearest first; neither case nor hyphens count.</summary>
    public static IEnumerable<string> Nearest(string name, IEnumerable<string> names, int count) =>
        names.OrderBy(known => Distance(Plain(known), Plain(name))).ThenBy(known => Distance(known, name)).ThenBy(known => known, StringComparer.Ordinal).Take(count);

    private static string Plain(string name) =>
        name.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);

    /// <summary>The number of insertions, deletions, substitutions and exchanges of neighbours between two names.</summary>
    public static int Distance(string a, string b)
    {
        // Three rows of the table: an exchange looks two rows back.
        var (before, previous) = (new int[b.Length + 1], Enumerable.Range(0, b.Length + 1).ToArray());
        for (var i = 1; i <= a.Length; i++)
        {
            var current = new int[b.Length + 1];
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(substituted, Math.Min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            (before, previous) = (previous, current);
        }

        return previous[b.Length];
    }
}
