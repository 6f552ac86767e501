using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>
/// A sum as weighted terms, where softplus(−u) is softplus(u) − u, and relu(−u) is relu(u) − u: so a difference of two
/// of them is known to bend as much as the weights leave over, and the rest is affine.
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
                default:
                    Add((Operation.Named, node), weight);
                    break;
            }
        }

        return weights.Aggregate(Curvature.Affine, (all, term) => all
            | (term.Key.Function == Operation.Named ? curvature(term.Key.Node) : Curvature.Convex).Times(term.Value));

        void Add((Operation, Expr) key, Interval weight) => weights[key] = weights.TryGetValue(key, out var known) ? known + weight : weight;
    }

    private static Expr WithoutSign(Expr x) => x.Operation == Operation.Negate ? x.Operands[0] : x;
}
