using System.Globalization;
using System.Text;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Reads an object of strings as language models write it. A quote ends a string where what follows goes on as an object does: with <c>}</c>, with the next key, or with the
/// end of the text. So valid JSON is read as what it is, and a quote that should have been escaped is taken for a part of the text. Other values are passed over.
/// </summary>
internal ref struct LenientJson
{
    private const int LongestKey = 64;

    private readonly ReadOnlySpan<char> text;
    private readonly Dictionary<string, string> strings = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> keys = new(StringComparer.OrdinalIgnoreCase);
    private int at;

    private LenientJson(ReadOnlySpan<char> text, int start)
    {
        this.text = text;
        at = start;
    }

    /// <summary>What is wrong with an object.</summary>
    /// <param name="Message">A sentence.</param>
    /// <param name="IsCutOff">Whether the text ends before the object does.</param>
    internal sealed record Error(string Message, bool IsCutOff);

    /// <summary>An object, as far as it could be read.</summary>
    /// <param name="Strings">The texts by their keys, of which the case does not count.</param>
    /// <param name="Keys">All keys.</param>
    /// <param name="Wrong">What is wrong; null if all of it could be read.</param>
    /// <param name="End">Behind its end, or where reading stopped.</param>
    internal sealed record Object(IReadOnlyDictionary<string, string> Strings, IReadOnlySet<string> Keys, Error? Wrong, int End);

    /// <summary>Reads the object that begins at a brace.</summary>
    public static Object Read(string text, int start)
    {
        var reader = new LenientJson(text, start);
        var wrong = reader.ReadObject();
        return new Object(reader.strings, reader.keys, wrong, Math.Max(reader.at, start + 1));
    }

    private Error? ReadObject()
    {
        at++;
        while (true)
        {
            SkipSpaceAndCommas();
            if (at == text.Length)
            {
                return strings.ContainsKey("code") ? null : new Error("The JSON object in the reply has no end.", IsCutOff: true);
            }

            if (text[at] == '}')
            {
                at++;
                return null;
            }

            if (KeyLength(text[at..]) is not { } length)
            {
                return new Error(keys.Count == 0
                    ? "The JSON object in the reply does not begin with a key in quotes and a colon."
                    : $"The JSON object in the reply cannot be read behind the value of \"{keys.Last()}\": a comma and a key, or a closing brace, is accepted. Inside a string a quote is written \\\".",
                    IsCutOff: false);
            }

            if (ReadEntry(length) is { } wrong)
            {
                return wrong;
            }
        }
    }

    /// <summary>Reads a key, of a known length with its quotes, and its value.</summary>
    private Error? ReadEntry(int keyLength)
    {
        var key = text.Slice(at + 1, keyLength - 2).ToString();
        keys.Add(key);
        at += keyLength;
        at += text[at..].IndexOf(':') + 1;
        SkipSpace();
        if (at < text.Length && text[at] is not ('"' or '\''))
        {
            SkipValue();
            return null;
        }

        if ((ReadTripleQuoted() ?? ReadString()) is not { } value)
        {
            return new Error($"The reply ends inside the value of \"{key}\".", IsCutOff: true);
        }

        strings[key] = value;
        return null;
    }

    /// <summary>The length of a key with its quotes, if it is short and a colon follows.</summary>
    private static int? KeyLength(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] is not ('"' or '\''))
        {
            return null;
        }

        var near = rest[1..Math.Min(rest.Length, LongestKey + 2)];
        var end = near.IndexOf(rest[0]);
        return end >= 0 && near[..end].IndexOfAny('\n', '\\') < 0 && rest[(end + 2)..].TrimStart() is [':', ..] ? end + 2 : null;
    }

    /// <summary>A string as in Python, between three quotes: models write code so.</summary>
    private string? ReadTripleQuoted()
    {
        var rest = text[at..];
        var quotes = rest.StartsWith("\"\"\"", StringComparison.Ordinal) ? "\"\"\"" : rest.StartsWith("'''", StringComparison.Ordinal) ? "'''" : null;
        var length = quotes is null ? -1 : rest[quotes.Length..].IndexOf(quotes, StringComparison.Ordinal);
        if (length < 0)
        {
            return null;
        }

        at += length + (2 * quotes!.Length);
        return rest.Slice(quotes.Length, length).ToString();
    }

    /// <summary>A string; null if it has no end.</summary>
    private string? ReadString()
    {
        if (at == text.Length)
        {
            return null;
        }

        var quote = text[at++];
        var value = new StringBuilder();
        while (at < text.Length)
        {
            var letter = text[at++];
            if (letter == quote && GoesOn(text[at..]))
            {
                return value.ToString();
            }

            if (letter == '\\' && at < text.Length)
            {
                ReadEscape(value);
            }
            else
            {
                value.Append(letter);
            }
        }

        return null;
    }

    /// <summary>Whether an object goes on so behind a string.</summary>
    private static bool GoesOn(ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart();
        if (rest is [',', ..])
        {
            rest = rest[1..].TrimStart();
        }

        return rest.IsEmpty || rest[0] == '}' || KeyLength(rest) is not null;
    }

    /// <summary>An escape of JSON; what is none, such as a Greek letter of LaTeX, is left as it is.</summary>
    private void ReadEscape(StringBuilder value)
    {
        var letter = text[at++];
        if (letter == 'u' && at + 4 <= text.Length && ushort.TryParse(text.Slice(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
        {
            value.Append((char)unit);
            at += 4;
            return;
        }

        _ = letter switch
        {
            'n' => value.Append('\n'),
            't' => value.Append('\t'),
            'r' => value.Append('\r'),
            'b' => value.Append('\b'),
            'f' => value.Append('\f'),
            '"' or '\'' or '\\' or '/' => value.Append(letter),
            _ => value.Append('\\').Append(letter),
        };
    }

    /// <summary>Passes over a value that is no string, up to what stands behind it.</summary>
    private void SkipValue()
    {
        for (var depth = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '"':
                    SkipStrictString();
                    break;
                case '[' or '{':
                    depth++;
                    break;
                case ',' or '}' when depth == 0:
                    return;
                case ']' or '}':
                    depth--;
                    break;
            }
        }
    }

    /// <summary>Goes to the quote that ends a string of JSON, or to the last character.</summary>
    private void SkipStrictString()
    {
        for (at++; at < text.Length - 1 && text[at] != '"'; at++)
        {
            at += text[at] == '\\' ? 1 : 0;
        }

        at = Math.Min(at, text.Length - 1);
    }

    private void SkipSpace() => at = text.Length - text[at..].TrimStart().Length;

    private void SkipSpaceAndCommas()
    {
        while (at < text.Length && (text[at] == ',' || char.IsWhiteSpace(text[at])))
        {
            at++;
        }
    }
}
