using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>
/// How each node bends as a function of some inputs of all rows jointly, by the rules of disciplined convex programming (Grant, Boyd
/// and Ye 2006): a convex function that rises, of a convex one, is convex; a sum of convex functions is; and so on.
/// </summary>
internal sealed class Bending
{
    private readonly Dictionary<Expr, Curvature> curvatures = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Expr> varying = new(ReferenceEqualityComparer.Instance);
    private readonly Ranges ranges;
    private readonly Monotony? alongOneLine;

    /// <summary>Walks through the loss.</summary>
    /// <param name="graph">The loss.</param>
    /// <param name="ranges">The values of its nodes.</param>
    /// <param name="varies">Whether an input is one of those that the curvature is meant in.</param>
    /// <param name="alongOneLine">
    /// How nodes move along the line, where the loss is a function of one number: then the product of two functions that are convex,
    /// not negative and move alike is convex. Null otherwise: of several numbers it need not be.
    /// </param>
    public Bending(LossGraph graph, Ranges ranges, Func<Expr, bool> varies, Monotony? alongOneLine)
    {
        this.ranges = ranges;
        this.alongOneLine = alongOneLine;
        foreach (var node in graph.Nodes)
        {
            if (node.Operation == Operation.Input ? varies(node) : node.Operands.Any(varying.Contains))
            {
                varying.Add(node);
                curvatures[node] = node.Operation == Operation.Input ? Curvature.Affine : Of(node);
            }
            else
            {
                curvatures[node] = Curvature.Affine;
            }
        }
    }

    public Curvature this[Expr node] => curvatures[node];

    private Curvature Of(Expr node)
    {
        var x = node.Operands[0];
        var (a, rangeA) = (curvatures[x], ranges[x]);
        var (b, rangeB) = node.Operands.Length > 1 ? (curvatures[node.Operands[1]], ranges[node.Operands[1]]) : default;
        var c = node.Operands.Length > 2 ? curvatures[node.Operands[2]] : default;
        return node.Operation switch
        {
            Operation.Named or Operation.StopGradient or Operation.Broadcast => a,
            Operation.Negate => a.Reversed(),
            Operation.Exp or Operation.Expm1 or Operation.Softplus or Operation.Relu => Curvatures.Of(Curvature.Convex, Direction.Up, a),
            Operation.Log or Operation.Log1p or Operation.LogSigmoid or Operation.Sqrt => Curvatures.Of(Curvature.Concave, Direction.Up, a),
            Operation.Log1mExp => Curvatures.Of(Curvature.Concave, Direction.Down, a),
            Operation.Abs => Curvatures.Of(Curvature.Convex, Direction.Up.Times(rangeA), a),
            // Convex to the left of 0, concave to the right.
            Operation.Sigmoid or Operation.Tanh or Operation.Atan or Operation.Erf => Curvatures.Of(OnOneSide(rangeA), Direction.Up, a),
            Operation.Erfc => Curvatures.Of(OnOneSide(rangeA).Reversed(), Direction.Down, a),

            Operation.Add => Sum(node, a | b),
            Operation.Subtract when Ranges.IsSame(x, node.Operands[1]) => Curvature.Affine,
            Operation.Subtract => Sum(node, a | b.Reversed()),
            Operation.Multiply => Product(x, node.Operands[1]),
            Operation.Divide when !varying.Contains(node.Operands[1]) && !rangeB.MayBeZero => a.Times(rangeB),
            // 1/b falls and is convex for positive b, falls and is concave for negative ones.
            Operation.Divide when !varying.Contains(x) && rangeB.IsPositive => Curvatures.Of(Curvature.Convex, Direction.Down, b).Times(rangeA),
            Operation.Divide when !varying.Contains(x) && rangeB.IsNegative => Curvatures.Of(Curvature.Concave, Direction.Down, b).Times(rangeA),
            Operation.Power => Power(x, node.Operands[1]),
            Operation.Maximum or Operation.LogAddExp => Curvatures.Of(Curvature.Convex, Direction.Up, a) | Curvatures.Of(Curvature.Convex, Direction.Up, b),
            Operation.Clamp when Ranges.IsNoBound(node, node.Operands[2]) => Curvatures.Of(Curvature.Convex, Direction.Up, a) | Curvatures.Of(Curvature.Convex, Direction.Up, b),
            Operation.Clamp when Ranges.IsNoBound(node, node.Operands[1]) => Curvatures.Of(Curvature.Concave, Direction.Up, a) | Curvatures.Of(Curvature.Concave, Direction.Up, c),
            Operation.Minimum => Curvatures.Of(Curvature.Concave, Direction.Up, a) | Curvatures.Of(Curvature.Concave, Direction.Up, b),
            Operation.Select when !rangeA.MayBeZero => b,
            Operation.Select when rangeA.IsZero => c,
            Operation.Select when !varying.Contains(x) => b | c,

            Operation.Sum or Operation.Mean or Operation.CumulativeSum or Operation.ReverseCumulativeSum => a,
            Operation.ReduceMax or Operation.LogSumExp or Operation.CumulativeLogSumExp or Operation.ReverseCumulativeLogSumExp =>
                Curvatures.Of(Curvature.Convex, Direction.Up, a),
            Operation.ReduceMin => Curvatures.Of(Curvature.Concave, Direction.Up, a),
            // A square form, and a norm, of the differences from the mean.
            Operation.Variance or Operation.StandardDeviation when a == Curvature.Affine => Curvature.Convex,
            Operation.SortBy or Operation.UnsortBy when !varying.Contains(node.Operands[1]) => a,
            _ => Curvature.Unknown,
        };
    }

    private static Curvature OnOneSide(Interval range) =>
        range.IsNonPositive ? Curvature.Convex : range.IsNonNegative ? Curvature.Concave : Curvature.Unknown;

    private Curvature Sum(Expr node, Curvature ofParts) => ofParts != Curvature.Unknown
        ? ofParts
        : WeightedTerms.Of(node, ranges, varying.Contains, x => curvatures[x]);

    private Curvature Product(Expr x, Expr y)
    {
        var (a, b) = (curvatures[x], curvatures[y]);
        var (rangeA, rangeB) = (ranges[x], ranges[y]);
        if (!varying.Contains(y))
        {
            return a.Times(rangeB);
        }

        if (!varying.Contains(x))
        {
            return b.Times(rangeA);
        }

        if (ReferenceEquals(x, y))
        {
            return Curvatures.Of(Curvature.Convex, Direction.Up.Times(rangeA), a);
        }

        var alike = alongOneLine is { } moves && (moves[x] | moves[y]) != Direction.Unknown;
        return alike && (a | b | Curvature.Convex) == Curvature.Convex && rangeA.IsNonNegative && rangeB.IsNonNegative
            ? Curvature.Convex
            : Curvature.Unknown;
    }

    private Curvature Power(Expr x, Expr exponent)
    {
        var (range, p) = (ranges[x], ranges[exponent]);
        if (varying.Contains(exponent))
        {
            // e^(p ln x) with a constant x.
            return varying.Contains(x) || !range.IsPositive ? Curvature.Unknown
                : Curvatures.Of(Curvature.Convex, Direction.Up.Times(range - Interval.Of(1)), curvatures[exponent]);
        }

        if (p.Low != p.High)
        {
            return Curvature.Unknown;
        }

        return p.Low switch
        {
            0 => Curvature.Affine,
            1 => curvatures[x],
            > 1 when range.IsNonNegative => Curvatures.Of(Curvature.Convex, Direction.Up, curvatures[x]),
            > 1 when double.IsEvenInteger(p.Low) => Curvatures.Of(Curvature.Convex, Direction.Up.Times(range), curvatures[x]),
            > 0 and < 1 when range.IsNonNegative => Curvatures.Of(Curvature.Concave, Direction.Up, curvatures[x]),
            < 0 when range.IsPositive => Curvatures.Of(Curvature.Convex, Direction.Down, curvatures[x]),
            _ => Curvature.Unknown,
        };
    }
}
