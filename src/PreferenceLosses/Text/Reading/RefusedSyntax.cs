namespace PreferenceLosses.Text.Reading;

/// <summary>What Python has and a loss can do without, with what to write instead.</summary>
internal static class RefusedSyntax
{
    private static readonly Dictionary<string, (string What, string Instead)> Statements = new()
    {
        ["for"] = ("'for' loops are", "Tensor operations work on all pairs at once."),
        ["while"] = ("'while' loops are", "Tensor operations work on all pairs at once."),
        ["if"] = ("'if' statements are", "Use torch.where for tensors, and 'a if condition else b' for numbers."),
        ["elif"] = ("'elif' is", "Use torch.where."),
        ["else"] = ("'else' blocks are", "Use torch.where."),
        ["with"] = ("'with' blocks are", "Use .detach() in place of torch.no_grad()."),
        ["class"] = ("Classes are", "Write one function."),
        ["def"] = ("Functions within functions are", "Write the expression where it is used."),
        ["try"] = ("'try' blocks are", "Nothing in a loss throws."),
        ["except"] = ("'except' blocks are", "Nothing in a loss throws."),
        ["finally"] = ("'finally' blocks are", "Nothing in a loss throws."),
        ["raise"] = ("'raise' is", "Nothing in a loss throws."),
        ["assert"] = ("'assert' is", "Leave it out."),
        ["global"] = ("'global' is", "A loss keeps nothing between calls."),
        ["nonlocal"] = ("'nonlocal' is", "A loss keeps nothing between calls."),
        ["del"] = ("'del' is", "Leave it out."),
        ["yield"] = ("'yield' is", "Return the losses."),
        ["async"] = ("'async' is", "Leave it out."),
        ["await"] = ("'await' is", "Leave it out."),
        ["lambda"] = ("'lambda' is", "Write the expression where it is used."),
        ["break"] = ("'break' is", "There are no loops."),
        ["continue"] = ("'continue' is", "There are no loops."),
    };

    private static readonly HashSet<string> OtherKeywords =
        ["and", "as", "from", "import", "in", "is", "not", "or", "pass", "return", "True", "False", "None"];

    public static bool IsKeyword(string word) => Statements.ContainsKey(word) || OtherKeywords.Contains(word);

    public static void CheckStatement(Token first)
    {
        if (first.Is("@"))
        {
            throw new CodeError(LossDiagnosticKind.Statement, first.At, "Decorators are not accepted.", "Write the function alone.");
        }

        if (first.Kind == TokenKind.Name && Statements.TryGetValue(first.Word, out var refused))
        {
            throw new CodeError(LossDiagnosticKind.Statement, first.At, $"{refused.What} not accepted.", refused.Instead);
        }
    }

    public static void CheckExpression(Token first)
    {
        if (first.Is("{"))
        {
            throw new CodeError(LossDiagnosticKind.Statement, first.At, "Dictionaries and sets are not accepted.", "Use variables.");
        }

        if (first.Is("*") || first.Is("**"))
        {
            throw new CodeError(LossDiagnosticKind.Syntax, first.At, $"'{first.Word}' has nothing to its left.");
        }

        if (first.Is("..."))
        {
            throw new CodeError(LossDiagnosticKind.Syntax, first.At, "'...' stands for something that is not there.", "Write it out.");
        }

        if (first.Kind == TokenKind.Name && Statements.TryGetValue(first.Word, out var refused))
        {
            throw new CodeError(LossDiagnosticKind.Statement, first.At, $"{refused.What} not accepted.", refused.Instead);
        }
    }

    public static void CheckAfterExpression(Token next)
    {
        if (next.Is(":="))
        {
            throw new CodeError(LossDiagnosticKind.Statement, next.At, "':=' is not accepted.", "Assign on a line of its own.");
        }

        if (next.Is("for") || next.Is("async"))
        {
            throw new CodeError(LossDiagnosticKind.Statement, next.At, "Comprehensions are not accepted.", "Tensor operations work on all pairs at once.");
        }

        if (next.Is("in") || next.Is("is") || next.Is("not"))
        {
            throw new CodeError(LossDiagnosticKind.Statement, next.At, $"'{next.Word}' is not accepted.", "Compare numbers with == or <.");
        }
    }

    public static void CheckSubscript(Token next)
    {
        if (next.Is(":"))
        {
            throw new CodeError(
                LossDiagnosticKind.Shape, next.At, "Slices are not accepted: every tensor keeps one value per pair.", "Use torch.where to choose among pairs.");
        }
    }

    public static void CheckArgument(Token next)
    {
        if (next.Is("*") || next.Is("**"))
        {
            throw new CodeError(LossDiagnosticKind.Argument, next.At, $"'{next.Word}' before an argument is not accepted.", "Write the arguments one by one.");
        }
    }
}
