using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Execution;

/// <summary>
/// Rewrites formulas to the operations that a program has: statistics become sums, stable primitives share their
/// exponentials, and names disappear.
/// </summary>
internal static class Lowering
{
    private const double Ln2 = 0.693147180559945309417;

    /// <param name="roots">The formulas.</param>
    /// <param name="isVerbatim">Whether factors stay where they are, and with them overflow.</param>
    public static ImmutableArray<Expr> Lower(IEnumerable<Expr> roots, bool isVerbatim)
    {
        // Simplified before, so that signs are outside of products, and after, because expanded forms contain what
        // simplification looks for.
        var lowered = Simplifier.Rewrite(Simplifier.Simplify(roots), (node, _) => Lower(node, isVerbatim));
        if (isVerbatim)
        {
            return Simplifier.Simplify(lowered);
        }

        var merged = Simplifier.Rewrite(lowered, ScalarFactors.Merge);
        var exponentials = ShareExponentials(Simplifier.Simplify(Simplifier.Rewrite(merged, IntoExponential)));

        // Last, so that reciprocals are not merged with other factors, whose product might overflow where the row's value does not.
        return Simplifier.Simplify(Simplifier.Rewrite(exponentials, (node, _) => ByReciprocal(node)));
    }

    /// <summary>One division per batch, in double precision, instead of one per row.</summary>
    private static Expr ByReciprocal(Expr node) =>
        node.Operation == Operation.Divide && node.Shape != Shape.Scalar && node.Operands[1].Shape == Shape.Scalar
            ? node.Operands[0] * (1 / node.Operands[1])
            : node;

    private static Expr Lower(Expr node, bool isVerbatim)
    {
        var a = node.Operands.Length > 0 ? node.Operands[0] : node;
        return node.Operation switch
        {
            Operation.Named or Operation.StopGradient => a,

            // e^(−|x|) and ln(1 + e^(−|x|)) are the same for x and −x, so σ, log σ and softplus of both share them.
            Operation.Sigmoid => isVerbatim ? 1 / (1 + Exp(-a)) : Sigmoid(a),
            Operation.Softplus => Relu(a) + LogTerm(a),
            Operation.LogSigmoid => -(Relu(-a) + LogTerm(a)),
            Operation.LogAddExp => LogAddExp(a, node.Operands[1]),

            Operation.Mean when node.Axis == Axis.Responses => Sum(a, Axis.Responses) / ResponseCount,
            Operation.Variance => Variance(node, a),
            Operation.StandardDeviation => Sqrt(Variance(node, a)),
            Operation.LogSumExp => LogSumExp(a, node.Axis),
            Operation.Quantile => Quantile(a, node.Axis, node.Value),
            _ => node,
        };
    }

    private static Expr IntoExponential(Expr node, NodeTable table)
    {
        if (ScalarFactors.Split(node) is not ({ } factor, { } rest))
        {
            return node;
        }

        return rest switch
        {
            { Operation: Operation.Exp } => Elementwise(Operation.ExpTimes, rest.Operands[0], factor),
            { Operation: Operation.Multiply } when rest.Operands[0].Operation == Operation.Exp =>
                Elementwise(Operation.ExpTimes, rest.Operands[0].Operands[0], table.Intern(factor * rest.Operands[1])),
            { Operation: Operation.Multiply } when rest.Operands[1].Operation == Operation.Exp =>
                Elementwise(Operation.ExpTimes, rest.Operands[1].Operands[0], table.Intern(factor * rest.Operands[0])),
            _ => node,
        };
    }

    /// <summary>e^x in a value and e^x times something in its gradient are one exponential: where there are several of one x, each is made of what they share.</summary>
    private static ImmutableArray<Expr> ShareExponentials(ImmutableArray<Expr> roots)
    {
        bool IsExponential(Expr node) => node.Operation is Operation.Exp or Operation.ExpTimes && node.Operands[0].Shape != Shape.Scalar;

        var shared = NodeOrder.Of(roots).Where(IsExponential)
            .GroupBy(node => node.Operands[0], ReferenceEqualityComparer.Instance).Where(group => group.Count() > 1)
            .Select(group => group.Key).ToHashSet(ReferenceEqualityComparer.Instance);
        return Simplifier.Rewrite(roots, (node, table) =>
        {
            if (!IsExponential(node) || !shared.Contains(node.Operands[0]))
            {
                return node;
            }

            var x = node.Operands[0];
            var factor = node.Operation == Operation.ExpTimes ? node.Operands[1] : table.Intern(1);
            return Elementwise(Operation.ExpTimesOfRest, x, table.Intern(Elementwise(Operation.ExpOfRest, x)), factor);
        });
    }

    private static Expr ExpMinusAbs(Expr x) =>
        Elementwise(Operation.ExpMinusAbs, x.Operation == Operation.Negate ? x.Operands[0] : x);

    private static Expr LogTerm(Expr x) => Elementwise(Operation.Log1pOfUnit, ExpMinusAbs(x));

    /// <summary>σ(x) and σ(−x) share the division too.</summary>
    private static Expr Sigmoid(Expr x) =>
        Elementwise(Operation.SigmoidFromExp, x, ExpMinusAbs(x), 1 / (1 + ExpMinusAbs(x)));

    private static Expr LogAddExp(Expr a, Expr b) =>
        Where(EqualTo(a, b), a + Ln2, Maximum(a, b) + LogTerm(a - b));

    private static Expr Variance(Expr node, Expr x)
    {
        // Of equal numbers it has to be exactly 0, or the derivative of its root is not. The mean over the batch is exact then;
        // that of the responses is, of their distances from the largest.
        var count = DerivativeRules.Count(node.Axis);
        var shifted = node.Axis == Axis.Batch ? x : x - Max(x, Axis.Responses);
        var mean = node.Axis == Axis.Batch ? Mean(x) : Sum(shifted, Axis.Responses) / count;
        return Sum(Square(shifted - mean), node.Axis) / (count - node.Value);
    }

    /// <summary>The largest value is taken out first; if that is infinite, nothing is (∞ − ∞ is NaN).</summary>
    private static Expr LogSumExp(Expr x, Axis axis)
    {
        var largest = Max(x, axis);
        var shift = Where(Abs(largest) < double.PositiveInfinity, largest, 0);
        return shift + Log(Sum(Exp(x - shift), axis));
    }

    private static Expr Quantile(Expr x, Axis axis, double level)
    {
        // What has no weight counts as 0, be it infinite; but NaN anywhere is NaN, as in PyTorch.
        var weights = DerivativeRules.QuantileWeights(axis, level);
        var sorted = Sort(x, axis);
        return Sum(Where(weights > 0, weights * sorted, Where(EqualTo(sorted, sorted), 0, sorted)), axis);
    }
}
