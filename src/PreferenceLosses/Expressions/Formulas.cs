using System.Collections.Immutable;

namespace PreferenceLosses.Expressions;

/// <summary>
/// The vocabulary of formulas; meant for <c>using static</c>. Shapes are checked as a formula is written: an
/// elementwise operation has the largest shape of its operands, a reduction over the batch needs a value per row, and
/// a reduction over the responses needs a value per response.
/// </summary>
public static class Formulas
{
    /// <summary>Scalar: the number of rows that take part (those whose weight is not 0).</summary>
    public static Expr BatchSize { get; } = new(Operation.BatchSize, Shape.Scalar, []);

    /// <summary>Row: 0, 1, … in the order of the rows that take part.</summary>
    public static Expr RowIndex { get; } = new(Operation.RowIndex, Shape.Row, []);

    /// <summary>Row: the number of valid responses.</summary>
    public static Expr ResponseCount { get; } = new(Operation.ResponseCount, Shape.Row, []);

    /// <summary>Responses: 0, 1, … K−1.</summary>
    public static Expr ResponseIndex { get; } = new(Operation.ResponseIndex, Shape.Responses, []);

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    public static Expr Constant(double value) => new(Operation.Constant, Shape.Scalar, [], value);

    /// <summary>A column (or scalar) of the batch.</summary>
    /// <param name="name">Its name in snake_case: <c>policy_chosen</c>.</param>
    /// <param name="shape">How many values it has.</param>
    /// <param name="differentiable">Whether gradients are wanted: log-probabilities yes, lengths and labels no.</param>
    public static Expr Input(string name, Shape shape, bool differentiable)
    {
        CheckName(name);
        if (differentiable && shape == Shape.Scalar)
        {
            throw new ArgumentException(
                $"The input '{name}' is one value for the batch, and gradients are per row: make it a column, or not differentiable.", nameof(differentiable));
        }

        return new(Operation.Input, shape, [], differentiable ? 1 : 0, name);
    }

    /// <summary>A named sub-expression, kept through differentiation, tracing and printing.</summary>
    /// <param name="name">The letter or word of the paper: <c>ρ</c>, <c>x</c>.</param>
    /// <param name="x">The sub-expression.</param>
    public static Expr Named(string name, Expr x)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(x);
        return new(Operation.Named, x.Shape, [x], name: name);
    }

    /// <summary>The value of x, with no gradient (PyTorch's <c>detach</c>).</summary>
    /// <param name="x">The operand.</param>
    public static Expr StopGradient(Expr x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Wrap(Operation.StopGradient, x, x.Shape);
    }

    /// <summary>x repeated to a larger shape.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="shape">The shape wanted.</param>
    public static Expr Broadcast(Expr x, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x.Shape == shape ? x
            : x.Shape < shape ? Wrap(Operation.Broadcast, x, shape)
            : throw new ArgumentException($"A value of shape {x.Shape} can't be broadcast to the smaller shape {shape}.", nameof(shape));
    }

    /// <summary>|x|; derivative 0 at 0.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Abs(Expr x) => Elementwise(Operation.Abs, x);

    /// <summary>−1, 0 or 1.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Sign(Expr x) => Elementwise(Operation.Sign, x);

    /// <summary>max(x, 0); derivative 0 at 0.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Relu(Expr x) => Elementwise(Operation.Relu, x);

    /// <summary>x².</summary>
    /// <param name="x">The operand.</param>
    public static Expr Square(Expr x) => x * x;

    /// <summary>√x.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Sqrt(Expr x) => Elementwise(Operation.Sqrt, x);

    /// <summary>e^x.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Exp(Expr x) => Elementwise(Operation.Exp, x);

    /// <summary>e^x − 1, accurate near 0.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Expm1(Expr x) => Elementwise(Operation.Expm1, x);

    /// <summary>ln x.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Log(Expr x) => Elementwise(Operation.Log, x);

    /// <summary>ln(1 + x), accurate near 0.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Log1p(Expr x) => Elementwise(Operation.Log1p, x);

    /// <summary>ln(1 − e^x) for x ≤ 0, accurate in both tails.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Log1mExp(Expr x) => Elementwise(Operation.Log1mExp, x);

    /// <summary>σ(x) = 1 / (1 + e^(−x)). Write 1 − σ(x) as σ(−x): the difference loses all digits in the tail.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Sigmoid(Expr x) => Elementwise(Operation.Sigmoid, x);

    /// <summary>ln σ(x), accurate in both tails.</summary>
    /// <param name="x">The operand.</param>
    public static Expr LogSigmoid(Expr x) => Elementwise(Operation.LogSigmoid, x);

    /// <summary>ln(1 + e^x), accurate in both tails; −ln σ(x) is softplus(−x).</summary>
    /// <param name="x">The operand.</param>
    public static Expr Softplus(Expr x) => Elementwise(Operation.Softplus, x);

    /// <summary>Hyperbolic tangent.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Tanh(Expr x) => Elementwise(Operation.Tanh, x);

    /// <summary>Sine.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Sin(Expr x) => Elementwise(Operation.Sin, x);

    /// <summary>Cosine.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Cos(Expr x) => Elementwise(Operation.Cos, x);

    /// <summary>Arc tangent.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Atan(Expr x) => Elementwise(Operation.Atan, x);

    /// <summary>Error function.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Erf(Expr x) => Elementwise(Operation.Erf, x);

    /// <summary>1 − erf(x), accurate for large x.</summary>
    /// <param name="x">The operand.</param>
    public static Expr Erfc(Expr x) => Elementwise(Operation.Erfc, x);

    /// <summary>The nearest single-precision number; nothing where the evaluation is in single precision.</summary>
    /// <param name="x">The operand.</param>
    public static Expr RoundToSingle(Expr x) => Elementwise(Operation.RoundToSingle, x);

    /// <summary>a to the power b.</summary>
    /// <param name="a">The base.</param>
    /// <param name="b">The exponent.</param>
    public static Expr Power(Expr a, Expr b) => Elementwise(Operation.Power, a, b);

    /// <summary>The smaller one; at ties each gets half the gradient.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr Minimum(Expr a, Expr b) => Elementwise(Operation.Minimum, a, b);

    /// <summary>The larger one; at ties each gets half the gradient.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr Maximum(Expr a, Expr b) => Elementwise(Operation.Maximum, a, b);

    /// <summary>ln(e^a + e^b).</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr LogAddExp(Expr a, Expr b) => Elementwise(Operation.LogAddExp, a, b);

    /// <summary>1 where a = b, else 0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    public static Expr EqualTo(Expr a, Expr b) => Elementwise(Operation.Equal, a, b);

    /// <summary>Where the condition is not 0 the first, else the second.</summary>
    /// <param name="condition">A comparison, or any number.</param>
    /// <param name="then">The value where it holds.</param>
    /// <param name="otherwise">The value where it does not.</param>
    public static Expr Where(Expr condition, Expr then, Expr otherwise) =>
        Elementwise(Operation.Select, condition, then, otherwise);

    /// <summary>x held between two bounds; derivative 1 on the closed interval.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="minimum">Lower bound; −∞ for none.</param>
    /// <param name="maximum">Upper bound; +∞ for none.</param>
    public static Expr Clamp(Expr x, Expr minimum, Expr maximum) => Elementwise(Operation.Clamp, x, minimum, maximum);

    /// <summary>max(x, minimum) with derivative 1 at the bound itself (PyTorch's <c>clamp(min=…)</c>; <see cref="Relu"/> has 0).</summary>
    /// <param name="x">The operand.</param>
    /// <param name="minimum">Lower bound.</param>
    public static Expr ClampMin(Expr x, Expr minimum) => Clamp(x, minimum, double.PositiveInfinity);

    /// <summary>Sum.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    public static Expr Sum(Expr x, Axis axis = Axis.Batch) => Reduce(Operation.Sum, x, axis);

    /// <summary>Mean.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    public static Expr Mean(Expr x, Axis axis = Axis.Batch) => Reduce(Operation.Mean, x, axis);

    /// <summary>Product; where factors are 0, its gradient is the product of the others, as in PyTorch.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    public static Expr Product(Expr x, Axis axis = Axis.Batch) => Reduce(Operation.Product, x, axis);

    /// <summary>Unbiased variance, Σ(x − mean)² / (n − 1); of one value NaN, as in PyTorch.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    /// <param name="correction">What is subtracted from n: 1, or 0 for the population's variance.</param>
    public static Expr Variance(Expr x, Axis axis = Axis.Batch, int correction = 1) =>
        Reduce(Operation.Variance, x, axis, CheckCorrection(correction));

    /// <summary>√<see cref="Variance"/>; its gradient is 0 where the variance is 0, as in PyTorch.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    /// <param name="correction">What is subtracted from n: 1, or 0 for the population's deviation.</param>
    public static Expr StandardDeviation(Expr x, Axis axis = Axis.Batch, int correction = 1) =>
        Reduce(Operation.StandardDeviation, x, axis, CheckCorrection(correction));

    /// <summary>Smallest value; ties share the gradient evenly.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    public static Expr Min(Expr x, Axis axis = Axis.Batch) => Reduce(Operation.ReduceMin, x, axis);

    /// <summary>Largest value; ties share the gradient evenly.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    public static Expr Max(Expr x, Axis axis = Axis.Batch) => Reduce(Operation.ReduceMax, x, axis);

    /// <summary>ln Σ e^x.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Over what.</param>
    public static Expr LogSumExp(Expr x, Axis axis = Axis.Batch) => Reduce(Operation.LogSumExp, x, axis);

    /// <summary>The quantile at a level, linear between the two nearest order statistics.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="level">The level, in [0, 1].</param>
    /// <param name="axis">Over what.</param>
    public static Expr Quantile(Expr x, double level, Axis axis = Axis.Batch) => level is >= 0 and <= 1
        ? Reduce(Operation.Quantile, x, axis, level)
        : throw new ArgumentOutOfRangeException(nameof(level), level, "The level of a quantile has to be in [0, 1].");

    /// <summary>The values of x in ascending order of a key (stable).</summary>
    /// <param name="x">The values.</param>
    /// <param name="key">What they are ordered by; no gradient flows to it.</param>
    /// <param name="axis">Along what.</param>
    public static Expr SortBy(Expr x, Expr key, Axis axis = Axis.Batch) => Along(Operation.SortBy, axis, x, key);

    /// <summary>Puts values that are in the key's ascending order back to where they came from.</summary>
    /// <param name="x">The values.</param>
    /// <param name="key">What they are ordered by; no gradient flows to it.</param>
    /// <param name="axis">Along what.</param>
    public static Expr UnsortBy(Expr x, Expr key, Axis axis = Axis.Batch) => Along(Operation.UnsortBy, axis, x, key);

    /// <summary>The values of x in ascending order.</summary>
    /// <param name="x">The values.</param>
    /// <param name="axis">Along what.</param>
    public static Expr Sort(Expr x, Axis axis = Axis.Batch) => SortBy(x, x, axis);

    /// <summary>Running sum.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Along what.</param>
    /// <param name="reverse">Whether it runs from the end.</param>
    public static Expr CumulativeSum(Expr x, Axis axis = Axis.Batch, bool reverse = false) =>
        Along(reverse ? Operation.ReverseCumulativeSum : Operation.CumulativeSum, axis, x);

    /// <summary>Running ln Σ e^x.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">Along what.</param>
    /// <param name="reverse">Whether it runs from the end.</param>
    public static Expr CumulativeLogSumExp(Expr x, Axis axis = Axis.Batch, bool reverse = false) =>
        Along(reverse ? Operation.ReverseCumulativeLogSumExp : Operation.CumulativeLogSumExp, axis, x);

    internal static Expr Elementwise(Operation operation, params ImmutableArray<Expr> operands)
    {
        var shape = Shape.Scalar;
        foreach (var operand in operands)
        {
            ArgumentNullException.ThrowIfNull(operand);
            shape = operand.Shape > shape ? operand.Shape : shape;
        }

        return new Expr(operation, shape, operands);
    }

    internal static void CheckName(string? name)
    {
        var valid = !string.IsNullOrEmpty(name) && char.IsAsciiLetterLower(name[0])
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        if (!valid)
        {
            throw new ArgumentException($"'{name}' is not a name: snake_case is accepted (a-z, 0-9, _; a letter first).", nameof(name));
        }
    }

    /// <summary>The same node over other operands of the same shapes.</summary>
    internal static Expr WithOperands(Expr node, ImmutableArray<Expr> operands) =>
        new(node.Operation, node.Shape, operands, node.Value, node.Name, node.Axis);

    private static Expr Wrap(Operation operation, Expr x, Shape shape) => new(operation, shape, [x]);

    internal static Expr Reduce(Operation operation, Expr x, Axis axis, double value = 0)
    {
        CheckAxis(operation, x, axis);
        return new(operation, axis == Axis.Batch ? Shape.Scalar : Shape.Row, [x], value, axis: axis);
    }

    internal static Expr Along(Operation operation, Axis axis, params ImmutableArray<Expr> operands)
    {
        foreach (var operand in operands)
        {
            CheckAxis(operation, operand, axis);
        }

        return new(operation, operands[0].Shape, operands, axis: axis);
    }

    private static void CheckAxis(Operation operation, Expr x, Axis axis)
    {
        ArgumentNullException.ThrowIfNull(x);
        var needed = axis == Axis.Batch ? Shape.Row : Shape.Responses;
        if (x.Shape != needed)
        {
            var advice = (axis, x.Shape) switch
            {
                (Axis.Batch, Shape.Responses) => "reduce it over the responses first",
                (_, Shape.Scalar) => "a scalar is already reduced; Broadcast makes a column of it",
                _ => "Broadcast repeats it over the responses",
            };
            throw new ArgumentException(
                $"{operation} over {axis} needs a value of shape {needed}, and this one has shape {x.Shape}: {advice}.", nameof(x));
        }
    }

    private static int CheckCorrection(int correction) => correction is 0 or 1
        ? correction
        : throw new ArgumentOutOfRangeException(nameof(correction), correction, "The correction of a variance is 1 (unbiased) or 0.");
}
