using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>
/// A sum as weighted terms, where softplus(−u) is softplus(u) − u, and relu(−u) is relu(u) − u: so a difference of two
/// of them is known to bend as much as the weights leave over, and the rest is affine; and where ln Σ e^x may be taken of shifted terms.
/// </summary>
internal static class WeightedTerms
{
    /// <summary>More terms than a formula that anybody writes has; a chain of doublings would have exponentially many.</summary>
    private const int Most = 64;

    /// <summary>The curvature of a node over operands whose curvature is known.</summary>
    public static Curvature Of(Expr sum, Ranges ranges, Func<Expr, bool> varies, Func<Expr, Curvature> curvature)
    {
        var weights = new Dictionary<(Operation Function, Expr Node), Interval>();
        var pending = new Stack<(Expr Node, Interval Weight)>([(sum, Interval.Of(1))]);
        for (var steps = 0; pending.TryPop(out var term); steps++)
        {
            if (steps > Most)
            {
                return Curvature.Unknown;
            }

            var (node, weight) = term;
            var operands = node.Operands;
            switch (node.Operation)
            {
                case var _ when !varies(node):
                    break;
                case Operation.Named:
                    pending.Push((operands[0], weight));
                    break;
                case Operation.Negate:
                    pending.Push((operands[0], -weight));
                    break;
                case Operation.Add or Operation.Subtract:
                    pending.Push((operands[0], weight));
                    pending.Push((operands[1], node.Operation == Operation.Add ? weight : -weight));
                    break;
                case Operation.Multiply when !varies(operands[0]):
                    pending.Push((operands[1], weight * ranges[operands[0]]));
                    break;
                case Operation.Multiply when !varies(operands[1]):
                    pending.Push((operands[0], weight * ranges[operands[1]]));
                    break;
                case Operation.Divide when !varies(operands[1]) && Interval.Reciprocal(ranges[operands[1]]) is { IsDefined: true } reciprocal:
                    pending.Push((operands[0], weight * reciprocal));
                    break;
                case Operation.Softplus or Operation.Relu when curvature(operands[0]) == Curvature.Affine:
                    Add((node.Operation, WithoutSign(operands[0])), weight);
                    break;
                // ln σ(u) = −softplus(−u).
                case Operation.LogSigmoid when curvature(operands[0]) == Curvature.Affine:
                    Add((Operation.Softplus, WithoutSign(operands[0])), -weight);
                    break;
                // ln Σ e^(x − m) is ln Σ e^x − m where m is the same all along.
                case Operation.LogSumExp or Operation.CumulativeLogSumExp or Operation.ReverseCumulativeLogSumExp
                    when Unnamed(operands[0]) is { Operation: Operation.Subtract } shifted && shifted.Operands[1].Shape < shifted.Operands[0].Shape:
                    Add((node.Operation, shifted.Operands[0]), weight);
                    pending.Push((shifted.Operands[1], -weight));
                    break;
                default:
                    Add((Operation.Named, node), weight);
                    break;
            }
        }

        return weights.Aggregate(Curvature.Affine, (all, term) => all | Bends(term.Key.Function, curvature(term.Key.Node)).Times(term.Value));

        void Add((Operation, Expr) key, Interval weight) => weights[key] = weights.TryGetValue(key, out var known) ? known + weight : weight;
    }

    /// <summary>All functions that terms are told apart by are convex and rise; a name stands for the node itself.</summary>
    private static Curvature Bends(Operation function, Curvature inner) =>
        function == Operation.Named ? inner : Curvatures.Of(Curvature.Convex, Direction.Up, inner);

    private static Expr Unnamed(Expr x) => x.Operation == Operation.Named ? x.Operands[0] : x;

    private static Expr WithoutSign(Expr x) => x.Operation == Operation.Negate ? x.Operands[0] : x;
}
