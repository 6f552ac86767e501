using System.Text.RegularExpressions;

namespace Quickstart;

/// <summary>Lower-case words and punctuation marks; all that the vocabulary lacks is one unknown token.</summary>
internal sealed partial class Vocabulary
{
    public const int Unknown = 0;
    public const int End = 1;

    private readonly Dictionary<string, int> ids = [];

    private Vocabulary(IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            ids.Add(word, End + 1 + ids.Count);
        }
    }

    /// <summary>Every word that the chosen answers use at least <see cref="Settings.LeastCount"/> times.</summary>
    public static Vocabulary Of(IEnumerable<PreferencePair> pairs) => new(
        pairs.SelectMany(pair => Words(pair.Chosen))
            .CountBy(word => word)
            .Where(count => count.Value >= Settings.LeastCount)
            .Select(count => count.Key)
            .Order(StringComparer.Ordinal));

    /// <summary>Number of tokens, the unknown and the end included.</summary>
    public int Size => End + 1 + ids.Count;

    public int[] Encode(string text) => [.. Words(text).Select(word => ids.GetValueOrDefault(word, Unknown))];

    private static IEnumerable<string> Words(string text) =>
        Word().Matches(text.ToLowerInvariant().Replace('’', '\'')).Select(match => match.Value);

    [GeneratedRegex(@"\w+('\w+)*|[^\w\s]")]
    private static partial Regex Word();
}
