using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>
/// Mends what chats, PDFs and JSON do to code: fences, typographic quotes, lost indentation. Each repair is unambiguous and is
/// noted; a text that needs none is left as it is.
/// </summary>
internal static partial class SourceRepair
{
    public static string Repair(string text, List<LossCodeNote> notes)
    {
        text = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        text = EscapedLines(text, notes);
        text = Fence(text, notes);
        text = Characters(text, notes);
        text = CommonIndentation(text, notes);
        text = OpenQuotes(text, notes);
        return LostIndentation(text, notes);
    }

    /// <summary>A JSON string that was not decoded: one line, with "\n" written out.</summary>
    private static string EscapedLines(string text, List<LossCodeNote> notes)
    {
        if (text.AsSpan().TrimEnd().Contains('\n') || !text.Contains("\\n", StringComparison.Ordinal))
        {
            return text;
        }

        Note(notes, 0, "'\\n' was written out; it was taken for the end of a line.");
        return text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal)
            .Replace("\\\"", "\"", StringComparison.Ordinal);
    }

    /// <summary>The first fenced block that has a function in it; a fence that is never closed ends with the text.</summary>
    private static string Fence(string text, List<LossCodeNote> notes)
    {
        var lines = text.Split('\n');
        var opening = -1;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                continue;
            }

            if (opening >= 0 && Array.FindIndex(lines, opening, i - opening, IsFunction) >= 0)
            {
                return Inside(opening + 1, i);
            }

            opening = opening < 0 ? i : -1;
        }

        return opening >= 0 && Array.FindIndex(lines, opening, IsFunction) >= 0 ? Inside(opening + 1, lines.Length) : text;

        string Inside(int start, int end)
        {
            Note(notes, 0, "The function was in a Markdown fence; what is around it was left out.");
            return string.Join('\n', lines[start..end]);
        }
    }

    private static bool IsFunction(string line) => line.TrimStart().StartsWith("def ", StringComparison.Ordinal);

    /// <summary>Typographic spaces, quotes and minus signs become those of ASCII, and characters without width vanish.</summary>
    private static string Characters(string text, List<LossCodeNote> notes)
    {
        var mended = new StringBuilder(text.Length);
        var line = 1;
        var lastNoted = 0;
        foreach (var c in text)
        {
            var replacement = c switch
            {
                '‘' or '’' or '‚' or '′' => "'",
                '“' or '”' or '„' => "\"",
                '−' => "-",
                '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' => "",
                _ when c > '\x7F' && char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator => " ",
                _ => null,
            };
            line += c == '\n' ? 1 : 0;
            if (replacement is null)
            {
                mended.Append(c);
                continue;
            }

            mended.Append(replacement);
            if (lastNoted != line)
            {
                Note(notes, line, "Typographic quotes, spaces or minus signs became plain ones.");
                lastNoted = line;
            }
        }

        return mended.ToString();
    }

    /// <summary>A function that was cut out of a class has all of its lines indented.</summary>
    private static string CommonIndentation(string text, List<LossCodeNote> notes)
    {
        var lines = text.Split('\n');
        var common = lines.Where(l => l.Trim().Length > 0).Select(Indentation).DefaultIfEmpty("")
            .Aggregate((a, b) => a[..a.AsSpan().CommonPrefixLength(b)]);
        if (common.Length == 0)
        {
            return text;
        }

        Note(notes, 0, "All lines were indented; the indentation that they share was removed.");
        return string.Join('\n', lines.Select(l => l.Length >= common.Length ? l[common.Length..] : ""));
    }

    /// <summary>Where a closing quote was lost (<c>reduction='none)</c>), it comes after the word.</summary>
    private static string OpenQuotes(string text, List<LossCodeNote> notes)
    {
        if (text.Contains("'''", StringComparison.Ordinal) || text.Contains("\"\"\"", StringComparison.Ordinal))
        {
            return text;        // Within a docstring, a quote need not be closed on its line.
        }

        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var open = OpenQuote(lines[i]);
            if (open >= 0 && WordAndEnd().Match(lines[i], open + 1) is { Success: true } word)
            {
                lines[i] = lines[i].Insert(word.Groups[1].Index + word.Groups[1].Length, lines[i][open].ToString());
                Note(notes, i + 1, "A quote that was not closed was closed.");
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>Where the string starts that is still open at the end of a line; −1 if there is none.</summary>
    private static int OpenQuote(string line)
    {
        var open = -1;
        for (var i = 0; i < line.Length; i++)
        {
            if (open >= 0)
            {
                open = line[i] == line[open] ? -1 : open;
            }
            else if (line[i] is '\'' or '"')
            {
                open = i;
            }
            else if (line[i] == '#')
            {
                break;
            }
        }

        return open;
    }

    /// <summary>
    /// If what follows the function's signature starts at its margin, the body has lost its indentation: a loss has no nested
    /// blocks, so all of it is the body.
    /// </summary>
    private static string LostIndentation(string text, List<LossCodeNote> notes)
    {
        var lines = text.Split('\n');
        var start = Array.FindIndex(lines, l => l.StartsWith("def ", StringComparison.Ordinal));
        var end = start < 0 ? -1 : SignatureEnd(lines, start);
        if (end < 0)
        {
            return text;
        }

        // The first line decides: lines within parentheses may be indented in a text whose statements are not.
        var body = lines.Skip(end + 1).Where(l => l.Trim().Length > 0 && !l.TrimStart().StartsWith('#')).ToList();
        if (body.Count == 0 || body[0][0] is ' ' or '\t' || body.Exists(StartsAnother))
        {
            return text;
        }

        Note(notes, end + 2, "The body of the function was not indented; it was.");
        for (var i = end + 1; i < lines.Length; i++)
        {
            lines[i] = "    " + lines[i];
        }

        return string.Join('\n', lines);
    }

    /// <summary>The line that ends with the colon of the signature; −1 if something follows the colon, or there is none.</summary>
    private static int SignatureEnd(string[] lines, int start)
    {
        var depth = 0;
        for (var i = start; i < lines.Length; i++)
        {
            var code = lines[i].Split('#')[0].TrimEnd();
            depth += code.Count(c => c is '(' or '[') - code.Count(c => c is ')' or ']');
            if (depth <= 0)
            {
                return code.EndsWith(':') ? i : -1;
            }
        }

        return -1;
    }

    private static bool StartsAnother(string line) =>
        line.StartsWith("def ", StringComparison.Ordinal) || line.StartsWith("class ", StringComparison.Ordinal) || line[0] == '@';

    private static string Indentation(string line) => line[..(line.Length - line.TrimStart(' ', '\t').Length)];

    private static void Note(List<LossCodeNote> notes, int line, string message) => notes.Add(new LossCodeNote(LossCodeNoteKind.Repair, line, message));

    [GeneratedRegex(@"\G([A-Za-z_][A-Za-z0-9_]*)\s*[,)]", RegexOptions.CultureInvariant)]
    private static partial Regex WordAndEnd();
}
