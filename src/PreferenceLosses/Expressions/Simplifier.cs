using System.Collections.Immutable;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Expressions;

/// <summary>Rewrites formulas to smaller ones with the same value in every bit (but the sign of a zero, and the last digit of a square).</summary>
/// <remarks>
/// What is deliberately absent: 0·x → 0 and x − x → 0 (wrong for ∞ and NaN, which text from PyTorch has to reproduce),
/// and any reassociation (PADLL jumps at exactly ρ = 0, and stable forms depend on their order).
/// </remarks>
internal static class Simplifier
{
    /// <summary>The simplified roots, in order; equal sub-expressions of all of them are one node.</summary>
    public static ImmutableArray<Expr> Simplify(IEnumerable<Expr> roots) => Rewrite(roots, Simplify);

    /// <summary>Rebuilds the formulas bottom-up; the rule sees each node over operands that are rewritten already.</summary>
    public static ImmutableArray<Expr> Rewrite(IEnumerable<Expr> roots, Func<Expr, NodeTable, Expr> rule)
    {
        var wanted = roots.ToImmutableArray();
        var table = new NodeTable();
        var rewritten = new Dictionary<Expr, Expr>(ReferenceEqualityComparer.Instance);
        foreach (var node in NodeOrder.Of(wanted))
        {
            var operands = node.Operands.Select(o => rewritten[o]).ToImmutableArray();
            var same = operands.AsSpan().SequenceEqual(node.Operands.AsSpan());
            rewritten[node] = table.Intern(rule(same ? node : WithOperands(node, operands), table));
        }

        return [.. wanted.Select(root => rewritten[root])];
    }

    private static Expr Simplify(Expr node, NodeTable table)
    {
        var a = node.Operands.Length > 0 ? node.Operands[0] : node;
        var b = node.Operands.Length > 1 ? node.Operands[1] : node;
        return node.Operation switch
        {
            Operation.Negate when Negated(a) is { } x => x,
            Operation.Abs or Operation.ExpMinusAbs when Negated(a) is { } x =>
                WithOperands(node, [x]),

            Operation.Add when Is(b, 0) && Keeps(node, a) => a,
            Operation.Add when Is(a, 0) && Keeps(node, b) => b,
            Operation.Add when Negated(b) is { } x => a - x,
            Operation.Add when Negated(a) is { } x => b - x,

            Operation.Subtract when Is(b, 0) && Keeps(node, a) => a,
            Operation.Subtract when Is(a, 0) && Keeps(node, b) => -b,
            Operation.Subtract when Negated(b) is { } x => Simplify(a + x, table),

            Operation.Multiply when Is(b, 1) && Keeps(node, a) => a,
            Operation.Multiply when Is(a, 1) && Keeps(node, b) => b,
            Operation.Multiply when Is(b, -1) && Keeps(node, a) => -a,
            Operation.Multiply when Is(a, -1) && Keeps(node, b) => -b,
            Operation.Multiply when Negated(a) is { } x && Negated(b) is { } y => x * y,
            // A sign moves outwards, so that the gradients of chosen and rejected share all but the sign.
            Operation.Multiply when Negated(a) is { } x => -table.Intern(x * b),
            Operation.Multiply when Negated(b) is { } x => -table.Intern(a * x),

            Operation.Divide when Is(b, 1) && Keeps(node, a) => a,
            Operation.Divide when Negated(a) is { } x && Negated(b) is { } y => x / y,
            Operation.Divide when Negated(a) is { } x => -table.Intern(x / b),
            Operation.Divide when Negated(b) is { } x => -table.Intern(a / x),

            Operation.RoundToSingle when a.Operation is Operation.RoundToSingle or Operation.Less or Operation.LessOrEqual or Operation.Equal => a,

            Operation.Select when a.Operation == Operation.Constant && Keeps(node, Chosen(node)) => Chosen(node),
            Operation.Select when ReferenceEquals(b, node.Operands[2]) && Keeps(node, b) => b,
            Operation.Power when Is(b, 1) && Keeps(node, a) => a,
            Operation.Power when Is(b, 2) => a * a,
            _ => node,
        };
    }

    private static Expr? Negated(Expr x) => x.Operation == Operation.Negate ? x.Operands[0] : null;

    private static bool Is(Expr x, double value) => x.Operation == Operation.Constant && x.Value == value;

    private static bool Keeps(Expr node, Expr replacement) => node.Shape == replacement.Shape;

    private static Expr Chosen(Expr select) => select.Operands[0].Value != 0 ? select.Operands[1] : select.Operands[2];
}
