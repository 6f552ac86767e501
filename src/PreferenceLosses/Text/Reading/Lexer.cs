using System.Globalization;

namespace PreferenceLosses.Text.Reading;

/// <summary>Cuts a text into words, with Python's rules for lines and indentation.</summary>
internal sealed class Lexer
{
    /// <summary>How deep parentheses may nest.</summary>
    private const int MaximumParentheses = 64;

    /// <summary>How long a name may be.</summary>
    private const int MaximumName = 64;

    /// <summary>The largest integer below which every integer is a double.</summary>
    private const double LargestInteger = 1L << 53;

    /// <summary>Longer ones first.</summary>
    private static readonly string[] Operators =
    [
        "**=", "//=", ">>=", "<<=", "...",
        "**", "//", ">>", "<<", "<=", ">=", "==", "!=", "->", ":=", "+=", "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^=",
        "+", "-", "*", "/", "%", "@", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "=",
    ];

    private readonly string text;
    private readonly List<Token> tokens = [];
    private readonly Stack<int> indentation = new([0]);
    private readonly Stack<(char Opening, Position At)> open = [];
    private int at;
    private int line = 1;
    private int lineStart;

    private Lexer(string text) => this.text = text;

    private Position Here => new(line, at - lineStart + 1);

    /// <summary>The words; the last one is the end.</summary>
    /// <exception cref="CodeError">A character, a number or a string is not accepted, or indentation does not fit.</exception>
    public static List<Token> Tokens(string text)
    {
        var lexer = new Lexer(text);
        lexer.Run();
        return lexer.tokens;
    }

    private void Run()
    {
        var atLineStart = true;
        while (at < text.Length)
        {
            if (atLineStart && open.Count == 0 && !Indent())
            {
                continue;
            }

            atLineStart = false;
            switch (text[at])
            {
                case '\n':
                    if (open.Count == 0)
                    {
                        Add(TokenKind.Newline, "", Here);
                    }

                    NextLine();
                    atLineStart = true;
                    break;
                case ' ' or '\t':
                    at++;
                    break;
                case '#':
                    SkipComment();
                    break;
                case '\\' when at + 1 < text.Length && text[at + 1] == '\n':
                    at++;
                    NextLine();
                    break;
                default:
                    Word();
                    break;
            }
        }

        if (open.TryPeek(out var unclosed))
        {
            throw new CodeError(LossDiagnosticKind.Syntax, unclosed.At, $"This '{unclosed.Opening}' is never closed.");
        }

        if (tokens.Count > 0 && tokens[^1].Kind != TokenKind.Newline)
        {
            Add(TokenKind.Newline, "", Here);
        }

        for (; indentation.Peek() > 0; indentation.Pop())
        {
            Add(TokenKind.Dedent, "", Here);
        }

        Add(TokenKind.End, "", Here);
    }

    /// <summary>Compares a line's indentation with that of the lines above; false if the line has nothing else on it.</summary>
    private bool Indent()
    {
        var width = 0;
        for (; at < text.Length && text[at] is ' ' or '\t'; at++)
        {
            width = text[at] == '\t' ? (width + 8) & ~7 : width + 1;
        }

        if (at == text.Length)
        {
            return false;
        }

        if (text[at] is '\n' or '#')
        {
            SkipComment();
            NextLine();
            return false;
        }

        if (width > indentation.Peek())
        {
            indentation.Push(width);
            Add(TokenKind.Indent, "", Here);
        }

        for (; width < indentation.Peek(); indentation.Pop())
        {
            Add(TokenKind.Dedent, "", Here);
        }

        return width == indentation.Peek()
            ? true
            : throw new CodeError(LossDiagnosticKind.Syntax, Here, "This line is indented less than the one above, but as no line before it.");
    }

    private void SkipComment()
    {
        while (at < text.Length && text[at] != '\n')
        {
            at++;
        }
    }

    private void NextLine()
    {
        if (at < text.Length)
        {
            at++;
            line++;
            lineStart = at;
        }
    }

    private void Word()
    {
        var c = text[at];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            Name();
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
        {
            Number();
        }
        else if (c is '\'' or '"')
        {
            Text();
        }
        else
        {
            Operator();
        }
    }

    private void Name()
    {
        var (start, position) = (at, Here);
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
        {
            at++;
        }

        if (at < text.Length && text[at] is '\'' or '"')
        {
            throw new CodeError(LossDiagnosticKind.Syntax, position, "Strings with a prefix (f, r, b) are not accepted.", "Write a plain string.");
        }

        if (at - start > MaximumName)
        {
            throw new CodeError(LossDiagnosticKind.Limit, position, $"This name is longer than {MaximumName} characters.");
        }

        Add(TokenKind.Name, text[start..at], position);
    }

    private void Number()
    {
        var (start, position) = (at, Here);
        Digits();
        var isInteger = true;
        if (At('.'))
        {
            isInteger = false;
            at++;
            Digits();
        }

        if (At('e') || At('E'))
        {
            isInteger = false;
            at++;
            at += At('+') || At('-') ? 1 : 0;
            Digits();
        }

        var digits = text[start..at].Replace("_", "", StringComparison.Ordinal);
        var isWellFormed = (at == text.Length || !(char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '.'))
            && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            && !(isInteger && digits is ['0', not '0', ..]);
        if (!isWellFormed)
        {
            throw new CodeError(LossDiagnosticKind.Number, position, "This is not a decimal number.", "Numbers are written like 2, 0.05 or 1e-8.");
        }

        var value = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value) || (isInteger && value > LargestInteger))
        {
            throw new CodeError(
                LossDiagnosticKind.Number, position, isInteger ? "This integer is above 2^53 and would not be exact." : "This number is not finite.");
        }

        tokens.Add(new Token(TokenKind.Number, digits, position, value, isInteger));
    }

    private bool At(char c) => at < text.Length && text[at] == c;

    private void Digits()
    {
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || (text[at] == '_' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))))
        {
            at++;
        }
    }

    private void Text()
    {
        var position = Here;
        var quote = text[at];
        var triple = new string(quote, 3);
        if (string.CompareOrdinal(text, at, triple, 0, 3) == 0)
        {
            var end = text.IndexOf(triple, at + 3, StringComparison.Ordinal);
            if (end < 0)
            {
                throw new CodeError(LossDiagnosticKind.Syntax, position, "This string is never closed.");
            }

            Add(TokenKind.Text, text[(at + 3)..end], position);
            for (end += 3; at < end;)
            {
                if (text[at] == '\n')
                {
                    NextLine();
                }
                else
                {
                    at++;
                }
            }

            return;
        }

        var start = ++at;
        for (; at < text.Length && text[at] != quote; at++)
        {
            if (text[at] is '\n' or '\\')
            {
                throw text[at] == '\n'
                    ? new CodeError(LossDiagnosticKind.Syntax, position, "This string is not closed on its line.")
                    : new CodeError(LossDiagnosticKind.Syntax, Here, "Escapes in strings are not accepted.", "A loss needs no strings but options such as 'none'.");
            }
        }

        if (at == text.Length)
        {
            throw new CodeError(LossDiagnosticKind.Syntax, position, "This string is not closed on its line.");
        }

        Add(TokenKind.Text, text[start..at++], position);
    }

    private void Operator()
    {
        var position = Here;
        var word = Array.Find(Operators, o => string.CompareOrdinal(text, at, o, 0, o.Length) == 0);
        if (word is null)
        {
            var c = text[at];
            var which = string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}");
            throw char.IsLetterOrDigit(c)
                ? new CodeError(LossDiagnosticKind.Character, position, $"The letter {which} is not an ASCII letter.", "Names are written with a-z, A-Z, 0-9 and _.")
                : new CodeError(LossDiagnosticKind.Character, position, $"The character {which} has no place here.");
        }

        if (word is "(" or "[" or "{")
        {
            open.Push((word[0], position));
            if (open.Count > MaximumParentheses)
            {
                throw new CodeError(LossDiagnosticKind.Limit, position, $"Parentheses nest deeper than {MaximumParentheses}.");
            }
        }
        else if (word is ")" or "]" or "}" && (!open.TryPop(out var opening) || opening.Opening != Opening(word)))
        {
            throw new CodeError(LossDiagnosticKind.Syntax, position, $"This '{word}' closes nothing.");
        }

        at += word.Length;
        Add(TokenKind.Operator, word, position);
    }

    private static char Opening(string closing) => closing switch { ")" => '(', "]" => '[', _ => '{' };

    private void Add(TokenKind kind, string word, Position position) => tokens.Add(new Token(kind, word, position));
}
