using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>The kinds of numbers in a tensor, in the order in which they are promoted.</summary>
internal enum Element
{
    Boolean,
    Integer,

    /// <summary>float32, whatever precision the loss is evaluated in.</summary>
    Single,

    /// <summary>The precision that the loss is evaluated in: that of the log-probabilities.</summary>
    Real,
}

/// <summary>What an expression of the text stands for.</summary>
internal abstract record Value
{
    /// <summary>The value as an error message names it: "a tensor".</summary>
    public abstract string Description { get; }
}

/// <summary>A Python number: a constant, a hyper-parameter, the number of pairs, or made of those. Computed in double precision.</summary>
/// <param name="Formula">Its formula, a scalar.</param>
/// <param name="IsInteger">Whether it is an int.</param>
/// <param name="PerRow">For an integer that counts: how often the number of pairs it is; NaN for any other integer.</param>
/// <param name="Fixed">For an integer that counts: what is added.</param>
internal sealed record NumberValue(Expr Formula, bool IsInteger, double PerRow = 0, double Fixed = 0) : Value
{
    /// <summary>Whether it stands in the text as it is, and may become a hyper-parameter.</summary>
    public bool IsLiteral { get; init; }

    /// <summary>The number, if it is known now.</summary>
    public double? Constant => Formula.Operation == Operation.Constant ? Formula.Value : null;

    public override string Description => IsInteger ? "an integer" : "a number";

    public static NumberValue Integer(double value) => new(value, IsInteger: true, Fixed: value);
}

/// <summary>A tensor of one number, of one per pair, or of two per pair (chosen first, then rejected); or of one per class of each example.</summary>
/// <param name="Parts">One formula, or two.</param>
/// <param name="Element">The kind of its numbers.</param>
/// <param name="IsInput">Whether it is an argument of the function itself.</param>
internal sealed record TensorValue(ImmutableArray<Expr> Parts, Element Element, bool IsInput = false) : Value
{
    public TensorValue(Expr formula, Element element)
        : this([formula], element)
    {
    }

    /// <summary>
    /// The memory that the tensor would be in: the same object for another name of it, and for what shares its memory (x.detach()),
    /// so that a change in place of the one is seen to be one of the other.
    /// </summary>
    public object Storage { get; init; } = new();

    /// <summary>Whether it has one value per row, or more; otherwise it is one number.</summary>
    public bool HasRows => Parts[0].Shape != Shape.Scalar;

    /// <summary>Whether it has a value for each class of each row: (N, K).</summary>
    public bool HasClasses => Parts[0].Shape == Shape.Responses;

    /// <summary>Whether its one value per row stands in a column, (N, 1), so that it goes together with values per class.</summary>
    public bool IsColumn { get; init; }

    /// <summary>Whether it has one value per row and nothing else: (N,).</summary>
    public bool IsVector => Parts[0].Shape == Shape.Row && !IsColumn;

    public bool IsFloating => Element >= Element.Single;

    public override string Description => Element switch
    {
        Element.Boolean => "a Boolean tensor",
        Element.Integer => "a tensor of integers",
        _ => HasRows ? "a tensor" : "a tensor of one number",
    };

    public string ShapeText => !HasRows ? "()" : HasClasses ? "(N, K)" : IsColumn ? "(N, 1)" : Parts.Length == 1 ? "(N,)" : "(2N,)";

    public TensorValue Map(Func<Expr, Expr> function) => new([.. Parts.Select(function)], Element) { IsColumn = IsColumn };
}

internal sealed record BooleanValue(bool Value) : Value
{
    public override string Description => Value ? "True" : "False";
}

internal sealed record TextValue(string Value) : Value
{
    public override string Description => "a string";
}

internal sealed record NoneValue : Value
{
    public override string Description => "None";
}

internal sealed record TupleValue(ImmutableArray<Value> Items) : Value
{
    public override string Description => "a tuple";
}

/// <summary>What torch.sort gives: values and indices.</summary>
internal sealed record SortedValue(TensorValue Values, TensorValue Indices) : Value
{
    public override string Description => "a pair of values and indices";
}

/// <summary>A tensor's shape, as x.shape or x.size().</summary>
internal sealed record ShapeValue(TensorValue Tensor) : Value
{
    public override string Description => "a shape";
}

/// <summary>A number type: torch.float32, x.dtype.</summary>
internal sealed record ElementValue(Element Element) : Value
{
    public override string Description => "a dtype";
}

/// <summary>A device, or anything else that makes no difference to a formula.</summary>
internal sealed record DeviceValue : Value
{
    public override string Description => "a device";
}

/// <summary>The function's self.</summary>
internal sealed record SelfValue : Value
{
    public override string Description => "self";
}

/// <summary>A module, by its full name.</summary>
internal sealed record ModuleValue(string Name) : Value
{
    public override string Description => $"the module {Name}";
}

/// <summary>A function, or a tensor's method with the tensor.</summary>
internal sealed record FunctionValue(VocabularyEntry Entry, Value? Target) : Value
{
    public override string Description => $"the function {Entry.Name}";
}

/// <summary>What a statement that is not accepted would have given. Whatever uses it is passed over without a word.</summary>
internal sealed record UnknownValue : Value
{
    public override string Description => "an unknown value";
}
