using System.Globalization;
using System.Text;

namespace PreferenceLosses.Charts;

/// <summary>Text that may come from anywhere, made fit for one line of a drawing; and how wide it will be.</summary>
internal static class PlainText
{
    /// <summary>
    /// The text without control characters and marks that turn the direction of writing, line breaks and tabs as spaces, and half surrogate pairs as the replacement
    /// character. What XML gives a meaning to is left: the writer escapes it.
    /// </summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (rune.Value is '\t' or '\n' or '\r' || category is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                clean.Append(' ');
            }
            else if (category != UnicodeCategory.Control && rune.Value is not (>= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069 or >= 0xFFFE and <= 0xFFFF))
            {
                clean.Append(rune);
            }
        }

        return clean.ToString().Trim();
    }

    /// <summary>About how wide a text is, in pixels; rather more than less, because the reader's font is not known.</summary>
    public static double Width(string text, double fontSize) => fontSize * text.EnumerateRunes().Sum(Ems);

    /// <summary>The text, with its end replaced by an ellipsis if it is wider than there is room for.</summary>
    public static string Shortened(string text, double fontSize, double room)
    {
        if (Width(text, fontSize) <= room)
        {
            return text;
        }

        var kept = new StringBuilder();
        var rest = room - Width("…", fontSize);
        foreach (var rune in text.EnumerateRunes())
        {
            rest -= Ems(rune) * fontSize;
            if (rest < 0)
            {
                break;
            }

            kept.Append(rune);
        }

        return kept.ToString().TrimEnd() + "…";
    }

    private static double Ems(Rune rune) => rune.Value switch
    {
        'i' or 'j' or 'l' or 'I' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' => 0.34,
        ' ' or 'f' or 't' or 'r' or '(' or ')' or '[' or ']' or '-' or '/' => 0.42,
        'm' or 'w' or 'M' or 'W' or '%' or '@' or '…' or '−' => 1,
        >= 'A' and <= 'Z' => 0.75,
        < 0x1100 => 0.64,
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.Format => 0,
        >= 0x2070 and <= 0x209F => 0.45, // superscripts
        _ => 1.05,
    };
}
