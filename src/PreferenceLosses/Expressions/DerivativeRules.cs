using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Expressions;

/// <summary>What a node passes on to each of its operands in reverse mode, given its own adjoint g.</summary>
/// <remarks>
/// Conventions are PyTorch's: ties of <c>maximum</c> share by halves and those of a full reduction evenly, relu and abs
/// have derivative 0 at 0, clamp 1 on the closed interval, a standard deviation of 0 has gradient 0. Where the textbook
/// form loses digits in a tail (σ(x)(1 − σ(x)), 1 − tanh²) the stable one stands.
/// For elementwise nodes a contribution has the node's own shape, for reductions, sorts and scans the operand's.
/// </remarks>
internal static class DerivativeRules
{
    private const double TwoOverSqrtPi = 1.12837916709551257390;

    /// <summary>The contributions to the operands, null where none flows.</summary>
    /// <param name="node">The node.</param>
    /// <param name="g">Its adjoint.</param>
    /// <param name="isVerbatim">Whether σ, tanh and e^x − 1 have the derivatives σ(1 − σ), 1 − tanh² and expm1 + 1, as PyTorch computes them.</param>
    public static (Expr? A, Expr? B, Expr? C) Contributions(Expr node, Expr g, bool isVerbatim)
    {
        var a = node.Operands.Length > 0 ? node.Operands[0] : node;
        var b = node.Operands.Length > 1 ? node.Operands[1] : node;
        var c = node.Operands.Length > 2 ? node.Operands[2] : node;
        var axis = node.Axis;
        return node.Operation switch
        {
            Operation.Named or Operation.Broadcast => (g, null, null),

            Operation.Negate => (-g, null, null),
            Operation.Abs => (g * Sign(a), null, null),
            Operation.Relu => (Where(a <= 0, 0, g), null, null),
            Operation.Sqrt => (g / (2 * node), null, null),
            Operation.Exp => (g * node, null, null),
            Operation.Log => (g / a, null, null),
            Operation.Log1p => (g / (1 + a), null, null),
            Operation.Log1mExp => (-(g / Expm1(-a)), null, null),
            Operation.Sigmoid when isVerbatim => (g * (1 - node) * node, null, null),
            Operation.Expm1 when isVerbatim => (g * (node + 1), null, null),
            Operation.Expm1 => (g * Exp(a), null, null),
            Operation.Tanh when isVerbatim => (g * (1 - (node * node)), null, null),
            Operation.Sigmoid => (g * (node * Sigmoid(-a)), null, null),
            Operation.LogSigmoid => (g * Sigmoid(-a), null, null),
            Operation.Softplus => (g * Sigmoid(a), null, null),
            Operation.Tanh => (g * (4 * Sigmoid(2 * a) * Sigmoid(-(2 * a))), null, null),
            Operation.Sin => (g * Cos(a), null, null),
            Operation.Cos => (-(g * Sin(a)), null, null),
            Operation.Atan => (g / (1 + (a * a)), null, null),
            Operation.Erf => (g * (TwoOverSqrtPi * Exp(-(a * a))), null, null),
            Operation.RoundToSingle => (RoundToSingle(g), null, null),
            Operation.Erfc => (-(g * (TwoOverSqrtPi * Exp(-(a * a)))), null, null),

            Operation.Add => (g, g, null),
            Operation.Subtract => (g, -g, null),
            Operation.Multiply => (g * b, g * a, null),
            Operation.Divide => (g / b, -(g * (node / b)), null),
            Operation.Power => (
                Where(EqualTo(b, 0), 0, g * (b * Power(a, b - 1))),
                Where(EqualTo(a, 0) * (b >= 0), 0, g * (node * Log(a))),
                null),
            Operation.Minimum => (Share(g, a > b, a, b), Share(g, b > a, a, b), null),
            Operation.Maximum => (Share(g, a < b, a, b), Share(g, b < a, a, b), null),
            Operation.LogAddExp => (g * Sigmoid(a - b), g * Sigmoid(b - a), null),
            Operation.Select => (null, Where(a, g, 0), Where(a, 0, g)),
            Operation.Clamp => (Where((a >= b) * (a <= c), g, 0), Where((a < b) * (b <= c), g, 0), Where((a > c) + (b > c), g, 0)),

            Operation.Sum => (g, null, null),
            Operation.Mean => (g / Count(axis), null, null),
            Operation.Product => (g * OtherFactors(node, a), null, null),
            Operation.Variance => (g * (2 * (a - Mean(a, axis)) / (Count(axis) - node.Value)), null, null),
            Operation.StandardDeviation => (
                Where(EqualTo(node, 0), 0, g / node) * ((a - Mean(a, axis)) / (Count(axis) - node.Value)), null, null),
            Operation.ReduceMin or Operation.ReduceMax => (
                Where(EqualTo(a, node), g / Sum(EqualTo(a, node), axis), 0), null, null),
            Operation.LogSumExp => (g * Exp(a - node), null, null),
            Operation.Quantile => (UnsortBy(g * QuantileWeights(axis, node.Value), a, axis), null, null),

            Operation.SortBy => (UnsortBy(Broadcast(g, a.Shape), b, axis), null, null),
            Operation.UnsortBy => (SortBy(Broadcast(g, a.Shape), b, axis), null, null),
            Operation.CumulativeSum => (CumulativeSum(Broadcast(g, a.Shape), axis, reverse: true), null, null),
            Operation.ReverseCumulativeSum => (CumulativeSum(Broadcast(g, a.Shape), axis), null, null),
            Operation.CumulativeLogSumExp => (ThroughLogSums(node, a, Broadcast(g, a.Shape), reverse: true), null, null),
            Operation.ReverseCumulativeLogSumExp => (ThroughLogSums(node, a, Broadcast(g, a.Shape), reverse: false), null, null),

            // Leaves have no operands; StopGradient, Sign and comparisons pass nothing on.
            _ => (null, null, null),
        };
    }

    /// <summary>The weight of each order statistic in a quantile: a hat of width 1 around level·(n − 1).</summary>
    public static Expr QuantileWeights(Axis axis, double level)
    {
        // Among the responses it is the rank of the valid ones that counts: a mask may have holes.
        var index = axis == Axis.Batch ? RowIndex : CumulativeSum(Broadcast(1, Shape.Responses), axis) - 1;
        return Relu(1 - Abs(index - (level * (Count(axis) - 1))));
    }

    public static Expr Count(Axis axis) => axis == Axis.Batch ? BatchSize : ResponseCount;

    /// <summary>The product of all factors but one: by division, unless the others hold the only zero (or one of several).</summary>
    private static Expr OtherFactors(Expr product, Expr x)
    {
        var isZero = EqualTo(x, 0);
        var zeros = Sum(isZero, product.Axis);
        return Where(
            EqualTo(zeros, 0),
            product / Where(isZero, 1, x),
            Where(isZero * EqualTo(zeros, 1), Product(Where(isZero, 1, x), product.Axis), 0));
    }

    private static Expr Share(Expr g, Expr loses, Expr a, Expr b) => Where(EqualTo(a, b), g * 0.5, Where(loses, 0, g));

    /// <summary>
    /// Σ_j g_j e^(x − L_j) over the sums L_j that x is part of, in log space and apart for positive and negative g:
    /// e^x and e^(−L) overflow where their product does not.
    /// </summary>
    private static Expr ThroughLogSums(Expr sums, Expr x, Expr g, bool reverse)
    {
        // Where there is nothing to take the logarithm of, a number that e^ makes 0: −∞ would be NaN in the next derivative.
        Expr Part(Expr weight) => Exp(x + CumulativeLogSumExp(
            Where(weight <= 0, -1e30, Log(Where(weight <= 0, 1, weight))) - sums, sums.Axis, reverse));
        return Part(g) - Part(-g);
    }
}
