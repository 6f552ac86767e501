using System.Text;

namespace PreferenceLosses.Training;

/// <summary>
/// Words, numbers, punctuation marks and line breaks as tokens, with case folded. A word is a run of letters, with the marks above them and with apostrophes inside it; a
/// number a run of digits.
/// </summary>
/// <param name="vocabulary">The words that are known.</param>
public sealed class WordTokenizer(Vocabulary vocabulary) : ITokenizer
{
    private const string UnknownText = "<unk>";

    /// <summary>The words that are known.</summary>
    public Vocabulary Vocabulary { get; } = vocabulary ?? throw new ArgumentNullException(nameof(vocabulary));

    /// <inheritdoc/>
    public int VocabularySize => Vocabulary.Size;

    /// <inheritdoc/>
    public int EndOfText => Vocabulary.End;

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. Words.Of(text).Select(Vocabulary.TokenOf)];
    }

    /// <summary>
    /// The text of tokens: spaces between words and none before a full stop or after a bracket. Quotation marks open and close in turn. An unknown word is
    /// <c>&lt;unk&gt;</c>, and the end is nothing. Encoding the text of known words gives the same tokens.
    /// </summary>
    /// <param name="tokens">The tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder();
        var isOpen = new HashSet<string>();
        var isGlued = true; // whether the next word follows without a space
        foreach (var token in tokens)
        {
            if (token == Vocabulary.End)
            {
                continue;
            }

            var word = token == Vocabulary.Unknown ? UnknownText : Vocabulary.WordOf(token);
            var (before, after) = Spaces(word, isOpen);
            text.Append((before && !isGlued) || Words.BeginsWithMark(word) ? " " : "").Append(word);
            isGlued = !after;
        }

        return text.ToString();
    }

    /// <summary>Whether a space goes before and after a word.</summary>
    private static (bool Before, bool After) Spaces(string word, HashSet<string> isOpen)
    {
        switch (word)
        {
            case "." or "," or ";" or ":" or "!" or "?" or "%" or "…" or ")" or "]" or "}" or "”":
                return (false, true);
            case "(" or "[" or "{" or "“" or "‘" or "$" or "#":
                return (true, false);
            case "-" or "/" or "_" or "@" or Words.LineBreak:
                return (false, false);
            case "\"" or "'" or "*" when isOpen.Remove(word):
                return (false, true);
            case "\"" or "'" or "*":
                isOpen.Add(word);
                return (true, false);
            default:
                return (true, true);
        }
    }
}
