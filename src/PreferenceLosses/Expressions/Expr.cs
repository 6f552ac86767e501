using System.Collections.Immutable;

namespace PreferenceLosses.Expressions;

/// <summary>A node of a formula: an operation on other nodes. Immutable, and safe to share between threads.</summary>
/// <remarks>
/// Nodes are made with the operators below and with <see cref="Formulas"/>. Two nodes are equal only if they are the
/// same object; equal sub-expressions are merged when a graph is built, where each node has a number, so no pass
/// needs recursion or a global table.
/// </remarks>
public class Expr
{
    internal Expr(
        Operation operation,
        Shape shape,
        ImmutableArray<Expr> operands,
        double value = 0,
        string? name = null,
        Axis axis = Axis.Batch)
    {
        Operation = operation;
        Shape = shape;
        Operands = operands;
        Value = value;
        Name = name;
        Axis = axis;
    }

    /// <summary>What this node computes.</summary>
    public Operation Operation { get; }

    /// <summary>How many values it has.</summary>
    public Shape Shape { get; }

    /// <summary>What it computes them from.</summary>
    public ImmutableArray<Expr> Operands { get; }

    /// <summary>
    /// The number of a constant, the level of a quantile, the correction of a variance; for an input 1 if the loss is
    /// differentiated with respect to it; otherwise 0.
    /// </summary>
    public double Value { get; }

    /// <summary>The name of an input, a parameter or a named sub-expression; otherwise null.</summary>
    public string? Name { get; }

    /// <summary>What a reduction, a sort or a scan runs over.</summary>
    public Axis Axis { get; }

    /// <summary>Whether this is an input that gradients are wanted for.</summary>
    public bool IsDifferentiable => Operation == Operation.Input && Value != 0;

    /// <summary>A number in a formula.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator Expr(double value) => Formulas.Constant(value);

    /// <summary>−x.</summary>
    /// <param name="x">The operand.</param>
    public static Expr operator -(Expr x) => Formulas.Elementwise(Operation.Negate, x);

    /// <summary>a + b.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator +(Expr a, Expr b) => Formulas.Elementwise(Operation.Add, a, b);

    /// <summary>a − b.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator -(Expr a, Expr b) => Formulas.Elementwise(Operation.Subtract, a, b);

    /// <summary>a · b.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator *(Expr a, Expr b) => Formulas.Elementwise(Operation.Multiply, a, b);

    /// <summary>a / b.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator /(Expr a, Expr b) => Formulas.Elementwise(Operation.Divide, a, b);

    /// <summary>1 where a &lt; b, else 0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator <(Expr a, Expr b) => Formulas.Elementwise(Operation.Less, a, b);

    /// <summary>1 where a &gt; b, else 0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator >(Expr a, Expr b) => Formulas.Elementwise(Operation.Less, b, a);

    /// <summary>1 where a ≤ b, else 0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator <=(Expr a, Expr b) => Formulas.Elementwise(Operation.LessOrEqual, a, b);

    /// <summary>1 where a ≥ b, else 0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr operator >=(Expr a, Expr b) => Formulas.Elementwise(Operation.LessOrEqual, b, a);

    /// <summary>The operation, its name or number if it has one, and its shape: for debugging, not the formula.</summary>
    public override string ToString() => Operation switch
    {
        Operation.Constant => FormattableString.Invariant($"{Value:R}"),
        _ when Name is not null => $"{Operation} {Name} ({Shape})",
        _ => $"{Operation} ({Shape})",
    };
}
