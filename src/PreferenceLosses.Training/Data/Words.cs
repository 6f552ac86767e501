using System.Globalization;

namespace PreferenceLosses.Training;

/// <summary>
/// Text as words, with case folded. A word is a run of letters and the marks that belong to them, with apostrophes inside it ("don't"); a number is a run of digits; every
/// other character but white space stands alone; a line break is a word too.
/// </summary>
internal static class Words
{
    public const string LineBreak = "\n";

    /// <summary>The words of a text, in order.</summary>
    public static IEnumerable<string> Of(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = EndOf(text, start);
            if (text[start] is '\n' or '\r')
            {
                yield return LineBreak;
            }
            else if (!char.IsWhiteSpace(text[start]))
            {
                yield return text[start..end].ToLowerInvariant().Replace('’', '\'');
            }

            start = end;
        }
    }

    /// <summary>Whether a word is a mark without the letter that it belongs to; written behind another word it would become a part of that.</summary>
    public static bool BeginsWithMark(string word) => ClassAt(word, 0) == Class.Mark;

    private static int EndOf(string text, int start)
    {
        if (char.IsWhiteSpace(text[start]))
        {
            return text.AsSpan(start).StartsWith("\r\n") ? start + 2 : start + 1;
        }

        var first = ClassAt(text, start);
        var end = start + LengthAt(text, start);
        while (end < text.Length)
        {
            var next = ClassAt(text, end);
            var isInside = next == Class.Mark
                || (next == first && first is Class.Letter or Class.Digit)
                || (first == Class.Letter && text[end] is '\'' or '’' && end + 1 < text.Length && ClassAt(text, end + 1) == Class.Letter);
            if (!isInside)
            {
                break;
            }

            end += LengthAt(text, end);
        }

        return end;
    }

    private enum Class
    {
        Letter,
        Digit,
        Mark,
        Other,
    }

    private static Class ClassAt(string text, int index) =>
        !char.IsAscii(text[index]) ? UnicodeClassAt(text, index)
        : char.IsAsciiLetter(text[index]) ? Class.Letter
        : char.IsAsciiDigit(text[index]) ? Class.Digit
        : Class.Other;

    private static Class UnicodeClassAt(string text, int index) => CharUnicodeInfo.GetUnicodeCategory(text, index) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Class.Letter,
        UnicodeCategory.DecimalDigitNumber => Class.Digit,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Class.Mark,
        _ => Class.Other,
    };

    /// <summary>Two for a character outside the basic plane, which two chars make.</summary>
    private static int LengthAt(string text, int index) => char.IsSurrogatePair(text, index) ? 2 : 1;
}
