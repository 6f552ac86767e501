using System.Collections.Immutable;

namespace PreferenceLosses.Text.Reading;

/// <summary>An expression of the text.</summary>
/// <param name="At">Where it starts; for an operation, where its operator is.</param>
/// <param name="Depth">How deep expressions nest in it; bounded, because they are walked recursively.</param>
internal abstract record Syntax(Position At, int Depth);

internal sealed record NumberSyntax(Position At, double Value, bool IsInteger) : Syntax(At, 1);

internal sealed record TextSyntax(Position At, string Value) : Syntax(At, 1);

/// <summary>True, False or None.</summary>
internal sealed record KeywordSyntax(Position At, bool? Value) : Syntax(At, 1);

internal sealed record NameSyntax(Position At, string Name) : Syntax(At, 1);

internal sealed record AttributeSyntax(Position At, Syntax Target, string Name) : Syntax(At, Target.Depth + 1);

internal sealed record CallSyntax(Position At, Syntax Function, ImmutableArray<ArgumentSyntax> Arguments)
    : Syntax(At, 1 + Arguments.Select(a => a.Value.Depth).Append(Function.Depth).Max());

/// <summary>An argument of a call; the name is null where it is given by position.</summary>
internal readonly record struct ArgumentSyntax(string? Name, Syntax Value);

internal sealed record UnarySyntax(Position At, string Operator, Syntax Operand) : Syntax(At, Operand.Depth + 1);

internal sealed record BinarySyntax(Position At, string Operator, Syntax Left, Syntax Right)
    : Syntax(At, 1 + Math.Max(Left.Depth, Right.Depth));

internal sealed record ConditionalSyntax(Position At, Syntax Condition, Syntax Then, Syntax Otherwise)
    : Syntax(At, 1 + Math.Max(Condition.Depth, Math.Max(Then.Depth, Otherwise.Depth)));

internal sealed record TupleSyntax(Position At, ImmutableArray<Syntax> Items)
    : Syntax(At, 1 + Items.Select(i => i.Depth).DefaultIfEmpty(0).Max());

internal sealed record SubscriptSyntax(Position At, Syntax Target, Syntax Index)
    : Syntax(At, 1 + Math.Max(Target.Depth, Index.Depth));

/// <summary>A statement of the text.</summary>
internal abstract record StatementSyntax(Position At);

/// <summary><c>a = b = value</c>; a target of several names takes a tuple apart.</summary>
internal sealed record AssignmentSyntax(Position At, ImmutableArray<ImmutableArray<NameSyntax>> Targets, Syntax Value) : StatementSyntax(At);

/// <summary><c>a += value</c>; the operator is without its equals sign.</summary>
internal sealed record AugmentedSyntax(Position At, NameSyntax Target, string Operator, Syntax Value) : StatementSyntax(At);

internal sealed record ExpressionStatementSyntax(Position At, Syntax Value) : StatementSyntax(At);

/// <summary><c>import module as alias</c>, or <c>from module import name as alias</c>.</summary>
internal sealed record ImportSyntax(Position At, string Module, string? Name, string? Alias) : StatementSyntax(At);

internal sealed record ReturnSyntax(Position At, Syntax? Value) : StatementSyntax(At);

/// <summary>A parameter of the function.</summary>
internal sealed record ParameterSyntax(Position At, string Name, Syntax? Default);

internal sealed record FunctionSyntax(Position At, string Name, ImmutableArray<ParameterSyntax> Parameters, ImmutableArray<StatementSyntax> Body);

/// <summary>The whole text: statements outside of the function, and the function.</summary>
internal sealed record ModuleSyntax(ImmutableArray<StatementSyntax> Statements, FunctionSyntax Function);
