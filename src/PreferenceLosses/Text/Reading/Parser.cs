using System.Collections.Immutable;

namespace PreferenceLosses.Text.Reading;

/// <summary>Parses statements: one function of assignments and a return, and imports and constants around it.</summary>
internal sealed class Parser
{
    /// <summary>How many statements a text may have.</summary>
    private const int MaximumStatements = 400;

    private readonly TokenReader reader;
    private int statements;

    public Parser(List<Token> tokens)
    {
        reader = new TokenReader(tokens);
        Expressions = new ExpressionParser(reader);
    }

    private ExpressionParser Expressions { get; }

    public ModuleSyntax Module()
    {
        var outside = ImmutableArray.CreateBuilder<StatementSyntax>();
        FunctionSyntax? function = null;
        while (reader.Next.Kind != TokenKind.End)
        {
            if (reader.Accept(TokenKind.Newline))
            {
                continue;
            }

            if (reader.Next is { Kind: TokenKind.Indent } indented)
            {
                throw new CodeError(LossDiagnosticKind.Syntax, indented.At, "This line is indented, and nothing above it says why.");
            }

            if (!reader.Next.Is("def"))
            {
                Line(outside);
                continue;
            }

            var at = reader.Next.At;
            function = function is null
                ? Function()
                : throw new CodeError(LossDiagnosticKind.Statement, at, "There is a second function.", "Write everything into one.");
        }

        return function is null
            ? throw new CodeError(LossDiagnosticKind.Signature, new Position(1, 1), "There is no function.", $"Write 'def name({Signature.Paper}): …'.")
            : new ModuleSyntax(outside.ToImmutable(), function);
    }

    private FunctionSyntax Function()
    {
        reader.Take();
        var name = reader.Name("the function's name");
        reader.Expect("(");
        var parameters = ImmutableArray.CreateBuilder<ParameterSyntax>();
        while (!reader.Next.Is(")"))
        {
            parameters.Add(Parameter());
            if (!reader.Accept(","))
            {
                break;
            }
        }

        reader.Expect(")");
        if (reader.Accept("->"))
        {
            SkipAnnotation();
        }

        reader.Expect(":");
        return new FunctionSyntax(name.At, name.Word, parameters.ToImmutable(), Body());
    }

    private ParameterSyntax Parameter()
    {
        if (reader.Next.Is("*") || reader.Next.Is("**") || reader.Next.Is("/"))
        {
            throw new CodeError(LossDiagnosticKind.Signature, reader.Next.At, $"'{reader.Next.Word}' among the parameters is not accepted.", "Name each parameter.");
        }

        var name = reader.Name("a parameter's name");
        if (reader.Accept(":"))
        {
            SkipAnnotation();
        }

        return new ParameterSyntax(name.At, name.Word, reader.Accept("=") ? Expressions.Expression() : null);
    }

    private ImmutableArray<StatementSyntax> Body()
    {
        var body = ImmutableArray.CreateBuilder<StatementSyntax>();
        if (!reader.Accept(TokenKind.Newline))
        {
            Line(body);
            return body.ToImmutable();
        }

        if (!reader.Accept(TokenKind.Indent))
        {
            throw new CodeError(LossDiagnosticKind.Syntax, reader.Next.At, "The function's body is missing: its lines have to be indented.");
        }

        while (!reader.Accept(TokenKind.Dedent))
        {
            if (reader.Next is { Kind: TokenKind.Indent } indented)
            {
                throw new CodeError(LossDiagnosticKind.Syntax, indented.At, "This line is indented more than the one above it.");
            }

            if (!reader.Accept(TokenKind.Newline))
            {
                Line(body);
            }
        }

        return body.ToImmutable();
    }

    /// <summary>The statements of one line.</summary>
    private void Line(ImmutableArray<StatementSyntax>.Builder into)
    {
        do
        {
            if (++statements > MaximumStatements)
            {
                throw new CodeError(LossDiagnosticKind.Limit, reader.Next.At, $"There are more than {MaximumStatements} statements.");
            }

            if (Statement() is { } statement)
            {
                into.Add(statement);
            }
        }
        while (reader.Accept(";") && reader.Next.Kind != TokenKind.Newline);

        if (!reader.Accept(TokenKind.Newline))
        {
            throw reader.Unexpected("the end of the line");
        }
    }

    private StatementSyntax? Statement()
    {
        var first = reader.Next;
        RefusedSyntax.CheckStatement(first);
        switch (first.Kind == TokenKind.Name ? first.Word : "")
        {
            case "pass":
                reader.Take();
                return null;
            case "return":
                reader.Take();
                return new ReturnSyntax(first.At, reader.Next.Kind == TokenKind.Newline ? null : Expressions.Tuple());
            case "import":
                reader.Take();
                return Import(first.At);
            case "from":
                reader.Take();
                return FromImport(first.At);
            default:
                return Assignment(first.At);
        }
    }

    private ImportSyntax Import(Position at)
    {
        var module = DottedName();
        var alias = reader.Accept("as") ? reader.Name("the module's short name").Word : null;
        CheckSingle();
        return new ImportSyntax(at, module, null, alias);
    }

    private void CheckSingle()
    {
        if (reader.Next.Is(","))
        {
            throw new CodeError(LossDiagnosticKind.Import, reader.Next.At, "Several imports on one line are not accepted.", "Write one per line.");
        }
    }

    private ImportSyntax FromImport(Position at)
    {
        var module = DottedName();
        reader.Expect("import");
        var name = reader.Name("what is imported").Word;
        var alias = reader.Accept("as") ? reader.Name("its short name").Word : null;
        while (module == "typing" && reader.Accept(","))
        {
            reader.Name("what is imported");
        }

        CheckSingle();
        return new ImportSyntax(at, module, name, alias);
    }

    private string DottedName()
    {
        var name = reader.Name("a module's name").Word;
        while (reader.Accept("."))
        {
            name += "." + reader.Name("a module's name").Word;
        }

        return name;
    }

    private StatementSyntax Assignment(Position at)
    {
        var targets = ImmutableArray.CreateBuilder<ImmutableArray<NameSyntax>>();
        var value = Expressions.Tuple();
        if (reader.Accept(":"))
        {
            SkipAnnotation();
            reader.Expect("=");
            targets.Add(Targets(value));
            return new AssignmentSyntax(at, targets.ToImmutable(), Expressions.Tuple());
        }

        if (reader.Next is { Kind: TokenKind.Operator, Word: [.., '='] word } && word is not ("=" or "==" or "<=" or ">=" or "!=" or ":="))
        {
            reader.Take();
            return Targets(value) is [var target]
                ? new AugmentedSyntax(at, target, word[..^1], Expressions.Tuple())
                : throw new CodeError(LossDiagnosticKind.Syntax, value.At, $"'{word}' needs one name to its left.");
        }

        while (reader.Accept("="))
        {
            targets.Add(Targets(value));
            value = Expressions.Tuple();
        }

        return targets.Count == 0 ? new ExpressionStatementSyntax(at, value) : new AssignmentSyntax(at, targets.ToImmutable(), value);
    }

    private static ImmutableArray<NameSyntax> Targets(Syntax target) => target switch
    {
        NameSyntax name => [name],
        TupleSyntax tuple when tuple.Items.All(i => i is NameSyntax) && !tuple.Items.IsEmpty => [.. tuple.Items.Cast<NameSyntax>()],
        AttributeSyntax attribute => throw new CodeError(
            LossDiagnosticKind.State, attribute.At, "Attributes cannot be written: a loss keeps nothing between calls.", "Use a variable."),
        SubscriptSyntax item => throw new CodeError(
            LossDiagnosticKind.State, item.At, "Elements of tensors cannot be written.", "Use torch.where."),
        _ => throw new CodeError(LossDiagnosticKind.Syntax, target.At, "Nothing can be assigned to this."),
    };

    /// <summary>Annotations mean nothing here; they are passed over up to what follows them.</summary>
    private void SkipAnnotation()
    {
        var depth = 0;
        for (var next = reader.Next; next.Kind is not (TokenKind.Newline or TokenKind.End); next = reader.Next)
        {
            if (depth == 0 && (next.Is(",") || next.Is("=") || next.Is(")") || next.Is(":")))
            {
                return;
            }

            depth += next.Is("[") || next.Is("(") ? 1 : next.Is("]") || next.Is(")") ? -1 : 0;
            reader.Take();
        }
    }
}
