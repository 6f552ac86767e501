namespace PreferenceLosses.Text.Reading;

internal enum TokenKind
{
    Name,
    Number,
    Text,
    Operator,
    Newline,
    Indent,
    Dedent,
    End,
}

/// <summary>A word of the text. The value is that of a number.</summary>
internal readonly record struct Token(TokenKind Kind, string Word, Position At, double Value = 0, bool IsInteger = false)
{
    public bool Is(string word) => Kind is TokenKind.Operator or TokenKind.Name && Word == word;

    /// <summary>The token as an error message names it.</summary>
    public string Description => Kind switch
    {
        TokenKind.Text => "a string",
        TokenKind.Newline => "the end of the line",
        TokenKind.Indent => "more indentation",
        TokenKind.Dedent => "less indentation",
        TokenKind.End => "the end of the text",
        _ => $"'{Word}'",
    };
}
