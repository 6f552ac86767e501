using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>
/// How each node moves as some inputs rise, in one row or in several at once: rules of composition, sums and products over the
/// ranges of the operands. Sound for any formula, kinks and jumps included, because no derivative is looked at.
/// </summary>
internal sealed class Monotony
{
    private readonly Dictionary<Expr, Direction> directions = new(ReferenceEqualityComparer.Instance);
    private readonly Ranges ranges;

    public Monotony(LossGraph graph, Ranges ranges, Func<Expr, bool> rises)
    {
        this.ranges = ranges;
        foreach (var node in graph.Nodes)
        {
            directions[node] = node.Operation == Operation.Input
                ? rises(node) ? Direction.Up : Direction.Constant
                : node.Operands.All(o => directions[o] == Direction.Constant) ? Direction.Constant : Of(node);
        }
    }

    public Direction this[Expr node] => directions[node];

    private Direction Of(Expr node)
    {
        var (a, rangeA) = Operand(node, 0);
        var (b, rangeB) = Operand(node, 1);
        var (c, rangeC) = Operand(node, 2);
        return node.Operation switch
        {
            Operation.Named or Operation.StopGradient or Operation.Broadcast => a,

            Operation.Exp or Operation.Expm1 or Operation.Log or Operation.Log1p or Operation.Sigmoid or Operation.LogSigmoid
                or Operation.Softplus or Operation.Tanh or Operation.Atan or Operation.Erf or Operation.Relu or Operation.Sign
                or Operation.Sqrt or Operation.RoundToSingle => a,
            Operation.Negate or Operation.Log1mExp or Operation.Erfc => a.Reversed(),
            Operation.Abs => a.Times(rangeA),

            Operation.Add or Operation.Minimum or Operation.Maximum or Operation.LogAddExp => a | b,
            Operation.Subtract when Ranges.IsSame(node.Operands[0], node.Operands[1]) => Direction.Constant,
            Operation.Subtract => a | b.Reversed(),
            Operation.Multiply => a.Times(rangeB) | b.Times(rangeA),
            Operation.Divide when !rangeB.MayBeZero => a.Times(rangeB) | b.Reversed().Times(rangeA),
            Operation.Power => Power(a, rangeA, b, rangeB),
            Operation.Less or Operation.LessOrEqual => a.Reversed() | b,
            Operation.Select when !rangeA.MayBeZero => b,
            Operation.Select when rangeA.IsZero => c,
            Operation.Select when a == Direction.Constant => b | c,
            // A condition that rises from 0 moves from the third operand to the second.
            Operation.Select when rangeA.IsNonNegative => a.Times(rangeB - rangeC) | b | c,
            Operation.Clamp => a | b | c,

            Operation.Sum or Operation.Mean or Operation.ReduceMin or Operation.ReduceMax or Operation.LogSumExp or Operation.Quantile
                or Operation.CumulativeSum or Operation.ReverseCumulativeSum or Operation.CumulativeLogSumExp
                or Operation.ReverseCumulativeLogSumExp => a,
            Operation.Product when rangeA.IsNonNegative => a,
            // Each order statistic rises with what is sorted.
            Operation.SortBy when ReferenceEquals(node.Operands[0], node.Operands[1]) => a,
            Operation.SortBy or Operation.UnsortBy when b == Direction.Constant => a,
            _ => Direction.Unknown,
        };
    }

    private (Direction Direction, Interval Range) Operand(Expr node, int i) =>
        i < node.Operands.Length ? (directions[node.Operands[i]], ranges[node.Operands[i]]) : default;

    private static Direction Power(Direction a, Interval rangeA, Direction b, Interval rangeB) =>
        // a^b with a ≥ 0 rises with a where b is positive, and with b where a is above 1.
        !rangeA.IsNonNegative ? Direction.Unknown : a.Times(rangeB) | (b == Direction.Constant ? b : b.Times(rangeA - Interval.Of(1)));
}
