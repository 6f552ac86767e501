using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Text that a language model or anybody else wrote, made safe to show in a terminal, a log and a table, and to quote in a prompt. Nothing of it
/// can move the cursor, change colours, turn the direction of writing, hide, or pretend to be another line.
/// </summary>
/// <remarks>
/// Control characters become pictures of themselves (ESC becomes ␛), so that a reader sees that they were there. What cannot be seen at all is removed: marks of
/// direction, characters without width, tags, variation selectors. Halves of surrogate pairs and characters that are none become �. Whoever writes markup escapes it there: &lt; and &amp; are ordinary characters here.
/// </remarks>
public static class UntrustedText
{
    /// <summary>The largest number of characters of a display name.</summary>
    public const int MaximumName = 64;

    /// <summary>Accents on accents on accents reach into the lines above and below.</summary>
    private const int MaximumMarks = 3;

    private const char Replacement = '\uFFFD';

    /// <summary>The text on one line: line breaks and tabs are spaces, runs of spaces one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maximum">The number of characters that are kept; what is longer says how much is missing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The maximum is not positive.</exception>
    public static string Line(string text, int maximum = 200)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        var line = new StringBuilder();
        foreach (var c in Clean(Shortened(text, maximum)))
        {
            if (c is not (' ' or '\n'))
            {
                line.Append(c);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>The text with its lines, every line break a line feed and tabs four spaces.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maximum">The number of characters that are kept; what is longer says how much is missing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The maximum is not positive.</exception>
    public static string Lines(string text, int maximum = 16_384)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        return Clean(Shortened(text, maximum));
    }

    /// <summary>
    /// The text as a JSON string, in its quotation marks and in ASCII: data in a prompt that cannot end its own quotation, since every quotation mark,
    /// backslash, backquote and angle bracket in it is escaped.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="maximum">The number of characters that are kept; what is longer says how much is missing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The maximum is not positive.</exception>
    public static string Quoted(string text, int maximum = 16_384) => $"\"{JavaScriptEncoder.Default.Encode(Lines(text, maximum))}\"";

    /// <summary>
    /// A name for people from one that a language model chose: lower-case ASCII letters and digits, with single hyphens between, at most 64 characters,
    /// without the ending <c>loss</c>. Not to be used as a path.
    /// </summary>
    /// <param name="name">The name, with whatever it contains.</param>
    /// <returns>The name; empty if nothing is left of it.</returns>
    public static string DisplayName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var kebab = new StringBuilder();
        var previous = '-';
        foreach (var c in name)
        {
            if (kebab.Length >= MaximumName)
            {
                break;
            }

            // A new word begins at a capital after a small letter: AdaptiveMargin.
            var begins = char.IsAsciiLetterUpper(c) && char.IsAsciiLetterLower(previous);
            if ((begins || !char.IsAsciiLetterOrDigit(c)) && kebab.Length > 0 && kebab[^1] != '-')
            {
                kebab.Append('-');
            }

            if (char.IsAsciiLetterOrDigit(c))
            {
                kebab.Append(char.ToLowerInvariant(c));
            }

            previous = c;
        }

        var text = kebab.ToString(0, Math.Min(kebab.Length, MaximumName)).Trim('-');
        return text.EndsWith("-loss", StringComparison.Ordinal) ? text[..^"-loss".Length].TrimEnd('-') : text;
    }

    /// <summary>A display name that no other has: with its number behind it if it is taken.</summary>
    /// <param name="name">The display name.</param>
    /// <param name="number">The number of the objective.</param>
    /// <param name="taken">The names of the others.</param>
    public static string Distinct(string name, int number, IEnumerable<string> taken)
    {
        ArgumentNullException.ThrowIfNull(name);
        var names = taken.ToHashSet(StringComparer.Ordinal);
        for (var distinct = name; ;)
        {
            if (distinct.Length > 0 && !names.Contains(distinct))
            {
                return distinct;
            }

            // A number behind a number, where an earlier one was called what this one would be.
            var ending = string.Create(CultureInfo.InvariantCulture, $"{(distinct.Length == 0 ? "objective-" : "-")}{number}");
            distinct = distinct[..Math.Min(distinct.Length, MaximumName - ending.Length)].TrimEnd('-') + ending;
        }
    }

    private static string Shortened(string text, int maximum)
    {
        if (text.Length <= maximum)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[maximum - 1]) ? maximum - 1 : maximum;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, end)} … ({text.Length - end} more characters)");
    }

    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        var marks = 0;
        var afterReturn = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            marks = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? marks + 1 : 0;
            if (IsLineBreak(rune))
            {
                if (!(afterReturn && rune.Value == '\n'))
                {
                    clean.Append('\n');
                }
            }
            else if (rune.Value == '\t')
            {
                clean.Append("    ");
            }
            else if (category == UnicodeCategory.Control)
            {
                clean.Append(Picture(rune.Value));
            }
            else if (!IsInvisible(rune, category) && marks <= MaximumMarks)
            {
                clean.Append(IsCharacter(rune, category) ? rune.ToString() : Replacement);
            }

            afterReturn = rune.Value == '\r';
        }

        return clean.ToString();
    }

    private static bool IsLineBreak(Rune rune) => rune.Value is '\n' or '\r' or '\v' or '\f' or 0x85 or 0x2028 or 0x2029;

    /// <summary>ASCII's control characters have pictures of their own; the others, which some terminals obey too, share one.</summary>
    private static char Picture(int control) => control < 0x20 ? (char)(0x2400 + control) : control == 0x7F ? '\u2421' : Replacement;

    /// <summary>Marks of direction, joiners, tags; variation selectors; fillers that look like nothing; every space that is none.</summary>
    private static bool IsInvisible(Rune rune, UnicodeCategory category) =>
        category == UnicodeCategory.Format
        || rune.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0000 and <= 0xE0FFF) or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x180B or 0x180C or 0x180D or 0x3164 or 0xFFA0 or 0x034F;

    private static bool IsCharacter(Rune rune, UnicodeCategory category) =>
        category is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate) && (rune.Value & 0xFFFE) != 0xFFFE;
}
