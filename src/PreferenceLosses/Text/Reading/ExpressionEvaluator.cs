using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>A value is used that an earlier mistake left unknown; it is not reported again.</summary>
internal sealed class UnknownOperandException : Exception;

/// <summary>Finds what an expression of the text stands for.</summary>
internal sealed class ExpressionEvaluator(Dictionary<string, Value> variables, HyperParameters hyperParameters)
{
    /// <remarks>Recursive: the parser bounds the depth.</remarks>
    public Value Value(Syntax syntax) => syntax switch
    {
        NumberSyntax number => new NumberValue(number.Value, number.IsInteger, Fixed: number.IsInteger ? number.Value : 0) { IsLiteral = true },
        TextSyntax text => new TextValue(text.Value),
        KeywordSyntax keyword => keyword.Value is { } boolean ? new BooleanValue(boolean) : new NoneValue(),
        NameSyntax name => Name(name),
        AttributeSyntax attribute => Attribute(attribute),
        CallSyntax call => Call(call),
        UnarySyntax unary => Arithmetic.Unary(unary.At, unary.Operator, Known(Value(unary.Operand))),
        BinarySyntax binary => Binary(binary.At, binary.Operator, Value(binary.Left), Value(binary.Right)),
        ConditionalSyntax conditional => Conditional(conditional),
        TupleSyntax tuple => new TupleValue([.. tuple.Items.Select(Value)]),
        SubscriptSyntax subscript => Subscript(subscript),
        _ => throw new InvalidOperationException($"{syntax.GetType().Name} is no expression."),
    };

    public Value Binary(Position at, string sign, Value left, Value right)
    {
        (left, right) = (Known(left), Known(right));

        // A number beside something that is not known yet is part of the loss; numbers among themselves are computed here.
        var isOpen = left is not NumberValue { Constant: not null } || right is not NumberValue { Constant: not null };
        var isCounting = left is NumberValue { IsInteger: true } && right is NumberValue { IsInteger: true };
        return isOpen && !isCounting
            ? Arithmetic.Binary(at, sign, Literal(left), Literal(right))
            : Arithmetic.Binary(at, sign, left, right);
    }

    private Value Literal(Value value) => value is NumberValue number ? hyperParameters.Literal(number) : value;

    private static Value Known(Value value) => value is UnknownValue ? throw new UnknownOperandException() : value;

    private Value Name(NameSyntax name)
    {
        if (variables.TryGetValue(name.Name, out var value))
        {
            return Known(value);
        }

        // The DiscoPOP repository plots functions that take β from around them.
        return name.Name == HyperParameters.Beta ? hyperParameters.OfOwner(name.At, name.Name)!
            : Modules.Global(name.Name) ?? throw Modules.UnknownName(name.At, name.Name, variables.Keys);
    }

    private Value Attribute(AttributeSyntax attribute)
    {
        var target = Known(Value(attribute.Target));
        switch (target)
        {
            case SelfValue:
                return hyperParameters.OfOwner(attribute.At, attribute.Name) ?? throw new CodeError(
                    LossDiagnosticKind.Name, attribute.At, $"'self.{attribute.Name}' is not known: a loss has self.beta and self.label_smoothing.", $"Make it a parameter with a default: '{attribute.Name}=0.1'.");
            case ModuleValue module:
                return Modules.Member(attribute.At, module, attribute.Name);
            case TensorValue tensor:
                return TensorAttributes.Of(attribute.At, tensor, attribute.Name);
            case SortedValue sorted when attribute.Name is "values" or "indices":
                return attribute.Name == "values" ? sorted.Values : sorted.Indices;
            default:
                throw new CodeError(LossDiagnosticKind.Name, attribute.At, $"There is no '{attribute.Name}' of {target.Description}.");
        }
    }

    private Value Call(CallSyntax call)
    {
        if (Known(Value(call.Function)) is not FunctionValue function)
        {
            throw new CodeError(LossDiagnosticKind.Type, call.At, "This is no function.");
        }

        var positional = ImmutableArray.CreateBuilder<Value>();
        var named = new Dictionary<string, Value>();
        if (function.Target is not null)
        {
            positional.Add(function.Target);
        }

        foreach (var (name, syntax) in call.Arguments)
        {
            var value = Known(Value(syntax));
            if (name is null)
            {
                positional.Add(named.Count == 0
                    ? value
                    : throw new CodeError(LossDiagnosticKind.Syntax, syntax.At, "An argument without a name follows one with a name."));
            }
            else if (!named.TryAdd(name, value))
            {
                throw new CodeError(LossDiagnosticKind.Argument, syntax.At, $"The argument '{name}' is there twice.");
            }
        }

        return function.Entry.Apply(new Arguments(call.At, function.Entry, positional.ToImmutable(), named, hyperParameters));
    }

    private Value Conditional(ConditionalSyntax conditional) => Known(Value(conditional.Condition)) switch
    {
        BooleanValue condition => Value(condition.Value ? conditional.Then : conditional.Otherwise),
        TensorValue => throw new CodeError(LossDiagnosticKind.Type, conditional.At, "A tensor is no condition.", "Use torch.where."),
        var other => throw new CodeError(LossDiagnosticKind.Type, conditional.At, $"A condition is needed, and this is {other.Description}.", "Compare numbers with < or ==."),
    };

    private Value Subscript(SubscriptSyntax subscript)
    {
        var given = Known(Value(subscript.Index));
        var index = given is NumberValue { IsInteger: true, Constant: { } constant } ? constant : double.NaN;
        return (Known(Value(subscript.Target)), index) switch
        {
            (ShapeValue shape, 0 or 1 or -1 or -2) => TensorAttributes.Length(subscript.At, shape.Tensor, index, hyperParameters.Classes),
            (TensorValue { HasClasses: true } scores, _) when given is TupleValue { Items: [TensorValue { IsVector: true, Parts: [{ Operation: Operation.RowIndex }] }, TensorValue { IsVector: true, Element: Element.Integer } chosen] } =>
                ClassVocabulary.AtClass(scores, chosen),
            (SortedValue sorted, 0 or 1) => index == 0 ? sorted.Values : sorted.Indices,
            (TupleValue tuple, >= 0) when index < tuple.Items.Length => tuple.Items[(int)index],
            (TensorValue, _) => throw new CodeError(
                LossDiagnosticKind.Shape, subscript.At, "Elements of a tensor can't be taken: every tensor keeps one value per pair.", "Use torch.where to choose among pairs, and .mean() or .sum() for one number."),
            (var other, _) => throw new CodeError(LossDiagnosticKind.Type, subscript.At, $"There is no such element of {other.Description}."),
        };
    }
}
