using System.Collections.Immutable;

namespace PreferenceLosses.Text.Reading;

/// <summary>Parses expressions, with Python's precedence.</summary>
internal sealed class ExpressionParser(TokenReader reader)
{
    /// <summary>How deep expressions may nest: what walks them is recursive.</summary>
    private const int MaximumDepth = 200;

    private static readonly string[][] BinaryLevels =
    [
        ["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "//", "%", "@"],
    ];

    private static readonly HashSet<string> Comparisons = ["<", ">", "<=", ">=", "==", "!="];

    private int depth;

    /// <summary>An expression, or several with commas between them.</summary>
    public Syntax Tuple()
    {
        var first = Expression();
        if (!reader.Next.Is(","))
        {
            return first;
        }

        var items = ImmutableArray.CreateBuilder<Syntax>();
        items.Add(first);
        while (reader.Accept(",") && !(reader.Next.Kind == TokenKind.Newline || reader.Next.Is(")") || reader.Next.Is("]") || reader.Next.Is("=")))
        {
            items.Add(Expression());
        }

        return new TupleSyntax(first.At, items.ToImmutable());
    }

    /// <summary>One expression.</summary>
    public Syntax Expression()
    {
        Enter();
        var value = Or();
        if (reader.Next.Is("if"))
        {
            var at = reader.Take().At;
            var condition = Or();
            reader.Expect("else");
            value = new ConditionalSyntax(at, condition, value, Expression());
        }

        RefusedSyntax.CheckAfterExpression(reader.Next);
        depth--;
        return Checked(value);
    }

    private Syntax Or() => Chain(["or"], And);

    private Syntax And() => Chain(["and"], Not);

    private Syntax Not()
    {
        if (!reader.Next.Is("not"))
        {
            return Comparison();
        }

        Enter();
        var at = reader.Take().At;
        var operand = Not();
        depth--;
        return Checked(new UnarySyntax(at, "not", operand));
    }

    private Syntax Comparison()
    {
        var left = Binary(0);
        if (reader.Next is not { Kind: TokenKind.Operator } next || !Comparisons.Contains(next.Word))
        {
            return left;
        }

        reader.Take();
        var comparison = Checked(new BinarySyntax(next.At, next.Word, left, Binary(0)));
        return reader.Next.Kind == TokenKind.Operator && Comparisons.Contains(reader.Next.Word)
            ? throw new CodeError(LossDiagnosticKind.Syntax, reader.Next.At, "Chained comparisons are not accepted.", "Write (a < b) & (b < c).")
            : comparison;
    }

    private Syntax Binary(int level) =>
        level == BinaryLevels.Length ? Unary() : Chain(BinaryLevels[level], () => Binary(level + 1));

    private Syntax Chain(string[] operators, Func<Syntax> operand)
    {
        var left = operand();
        while (Array.Exists(operators, reader.Next.Is))
        {
            var word = reader.Take();
            left = Checked(new BinarySyntax(word.At, word.Word, left, operand()));
        }

        return left;
    }

    private Syntax Unary()
    {
        if (!(reader.Next.Is("-") || reader.Next.Is("+") || reader.Next.Is("~")))
        {
            return Power();
        }

        Enter();
        var sign = reader.Take();
        var operand = Unary();
        depth--;
        return Checked(new UnarySyntax(sign.At, sign.Word, operand));
    }

    /// <summary>Binds tighter than a sign to its left, and less than one to its right.</summary>
    private Syntax Power()
    {
        var left = Postfix();
        if (!reader.Next.Is("**"))
        {
            return left;
        }

        Enter();
        var at = reader.Take().At;
        var right = Unary();
        depth--;
        return Checked(new BinarySyntax(at, "**", left, right));
    }

    private Syntax Postfix()
    {
        var value = Atom();
        while (true)
        {
            var next = reader.Next;
            if (reader.Accept("."))
            {
                value = new AttributeSyntax(next.At, value, AttributeName());
            }
            else if (reader.Accept("("))
            {
                value = new CallSyntax(next.At, value, Arguments());
            }
            else if (reader.Accept("["))
            {
                RefusedSyntax.CheckSubscript(reader.Next);
                value = new SubscriptSyntax(next.At, value, Tuple());
                RefusedSyntax.CheckSubscript(reader.Next);
                reader.Expect("]");
            }
            else
            {
                return value;
            }

            Checked(value);
        }
    }

    private string AttributeName() => reader.Next.Kind == TokenKind.Name ? reader.Take().Word : throw reader.Unexpected("an attribute's name");

    private ImmutableArray<ArgumentSyntax> Arguments()
    {
        var arguments = ImmutableArray.CreateBuilder<ArgumentSyntax>();
        while (!reader.Next.Is(")"))
        {
            RefusedSyntax.CheckArgument(reader.Next);
            var value = Expression();
            if (reader.Next.Is("=") && value is NameSyntax name)
            {
                reader.Take();
                arguments.Add(new ArgumentSyntax(name.Name, Expression()));
            }
            else
            {
                arguments.Add(new ArgumentSyntax(null, value));
            }

            if (!reader.Accept(","))
            {
                break;
            }
        }

        reader.Expect(")");
        return arguments.ToImmutable();
    }

    private Syntax Atom()
    {
        var next = reader.Next;
        RefusedSyntax.CheckExpression(next);
        switch (next.Kind)
        {
            case TokenKind.Number:
                reader.Take();
                return new NumberSyntax(next.At, next.Value, next.IsInteger);
            case TokenKind.Text:
                reader.Take();
                return new TextSyntax(next.At, next.Word);
            case TokenKind.Name when next.Word is "True" or "False" or "None":
                reader.Take();
                return new KeywordSyntax(next.At, next.Word == "None" ? null : next.Word == "True");
            case TokenKind.Name:
                return new NameSyntax(next.At, reader.Name("a value").Word);
            case TokenKind.Operator when next.Word is "(" or "[":
                return Parenthesised();
            default:
                throw reader.Unexpected("a value");
        }
    }

    private Syntax Parenthesised()
    {
        var opening = reader.Take();
        var closing = opening.Word == "(" ? ")" : "]";
        if (reader.Accept(closing))
        {
            return new TupleSyntax(opening.At, []);
        }

        var value = Tuple();
        reader.Expect(closing);
        return closing == "]" && value is not TupleSyntax ? new TupleSyntax(opening.At, [value]) : value;
    }

    private void Enter()
    {
        if (++depth > MaximumDepth)
        {
            throw TooDeep(reader.Next.At);
        }
    }

    private static Syntax Checked(Syntax value) => value.Depth <= MaximumDepth ? value : throw TooDeep(value.At);

    private static CodeError TooDeep(Position at) =>
        new(LossDiagnosticKind.Limit, at, $"Expressions nest deeper than {MaximumDepth}.", "Use variables for parts.");
}
