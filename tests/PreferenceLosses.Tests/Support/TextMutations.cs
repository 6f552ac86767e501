namespace PreferenceLosses.Tests.Support;

/// <summary>Texts made from others by small changes: characters, words and lines deleted, doubled, swapped, or taken from elsewhere.</summary>
internal sealed class TextMutations(IReadOnlyList<string> seeds, int seed)
{
    private static readonly string[] Pieces =
    [
        "(", ")", "[", "]", "{", "}", ",", ":", "=", "==", "+", "-", "*", "**", "/", "//", "%", "@", "&", "|", "^", "~", "<", ">=", ".", ";", "'", "\"", "'''", "#", "\\", "\n", "\n    ", "    ", "\t",
        "0", "1", "-1", "0.5", "1e9", "1e308", "self", "self.beta", "torch", "F", "math", ".mean()", ".sum()", ".std()", ".detach()", ".float()", "torch.where(", "torch.cat((", "torch.sort(", "if", "else", "for",
        "in", "lambda", "def ", "return ", "import ", "not ", "None", "True", "dim=0", "x", "y", "é", "’", "−", "\0", "\u200B", "```",
    ];

    private readonly Random random = new(seed);

    public string Next()
    {
        var text = seeds[random.Next(seeds.Count)];
        for (var changes = 1 + random.Next(3); changes > 0; changes--)
        {
            text = Changed(text);
        }

        return text;
    }

    private string Changed(string text)
    {
        var at = random.Next(text.Length + 1);
        var length = Math.Min(random.Next(1, 12), text.Length - at);
        return random.Next(6) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Pieces[random.Next(Pieces.Length)]),
            2 => text.Insert(at, text.Substring(at, length)),
            3 => text.Remove(at, length).Insert(at, Pieces[random.Next(Pieces.Length)]),
            4 => Word(text, at),
            _ => Lines(text),
        };
    }

    /// <summary>A word replaced by a word of another text.</summary>
    private string Word(string text, int at)
    {
        var other = seeds[random.Next(seeds.Count)].Split([' ', '(', ')', ',', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '.'))
        {
            end++;
        }

        return other.Length == 0 ? text : text.Remove(at, end - at).Insert(at, other[random.Next(other.Length)]);
    }

    /// <summary>Two lines swapped, or one of them doubled.</summary>
    private string Lines(string text)
    {
        var lines = text.Split('\n');
        var (a, b) = (random.Next(lines.Length), random.Next(lines.Length));
        (lines[a], lines[b]) = random.Next(2) == 0 ? (lines[b], lines[a]) : (lines[a], lines[a]);
        return string.Join('\n', lines);
    }
}
