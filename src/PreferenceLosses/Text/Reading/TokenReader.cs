namespace PreferenceLosses.Text.Reading;

/// <summary>Goes through the words of a text. The last one is the end, and stays.</summary>
internal sealed class TokenReader(List<Token> tokens)
{
    private int at;

    public Token Next => tokens[at];

    public Token Take() => tokens[at < tokens.Count - 1 ? at++ : at];

    public bool Accept(string word)
    {
        var accepted = Next.Is(word);
        at += accepted ? 1 : 0;
        return accepted;
    }

    public bool Accept(TokenKind kind)
    {
        var accepted = Next.Kind == kind;
        at += accepted && kind != TokenKind.End ? 1 : 0;
        return accepted;
    }

    public void Expect(string word)
    {
        if (!Accept(word))
        {
            throw Unexpected($"'{word}'");
        }
    }

    /// <summary>A name that is no keyword.</summary>
    public Token Name(string what)
    {
        if (Next.Kind != TokenKind.Name || RefusedSyntax.IsKeyword(Next.Word))
        {
            throw Unexpected(what);
        }

        return Take();
    }

    public CodeError Unexpected(string wanted) =>
        new(LossDiagnosticKind.Syntax, Next.At, $"Here is {Next.Description}, where {wanted} is needed.");
}
