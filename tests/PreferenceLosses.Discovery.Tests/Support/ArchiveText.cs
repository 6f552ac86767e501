using System.Text.RegularExpressions;

namespace PreferenceLosses.Discovery.Tests.Support;

/// <summary>What two archives of the same run have in common.</summary>
internal static partial class ArchiveText
{
    /// <summary>The lines without their times; scores that follow each other, which are written as they come, in an order of their own.</summary>
    public static string[] Of(string path)
    {
        var lines = new List<string>();
        var from = 0;
        foreach (var line in File.ReadLines(path).Select(line => Time().Replace(line, "")))
        {
            if (!line.StartsWith("{\"event\":\"evaluated\"", StringComparison.Ordinal))
            {
                lines.Sort(from, lines.Count - from, StringComparer.Ordinal);
                from = lines.Count + 1;
            }

            lines.Add(line);
        }

        lines.Sort(from, lines.Count - from, StringComparer.Ordinal);
        return [.. lines];
    }

    [GeneratedRegex("\"time\":\"[^\"]*\"")]
    private static partial Regex Time();
}
