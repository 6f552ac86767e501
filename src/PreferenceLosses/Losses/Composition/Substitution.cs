using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>Puts other formulas in the place of nodes.</summary>
internal static class Substitution
{
    /// <summary>The formulas with every node replaced by what the rule gives for it; the rule sees nodes over replaced operands.</summary>
    public static ImmutableArray<Expr> Apply(IEnumerable<Expr> roots, Func<Expr, Expr> rule)
    {
        var replaced = new Dictionary<Expr, Expr>(ReferenceEqualityComparer.Instance);
        var wanted = roots.ToImmutableArray();
        foreach (var node in NodeOrder.Of(wanted))
        {
            var operands = node.Operands.Select(o => replaced[o]).ToImmutableArray();
            var same = operands.AsSpan().SequenceEqual(node.Operands.AsSpan());
            replaced[node] = rule(same ? node : Formulas.WithOperands(node, operands));
        }

        return [.. wanted.Select(root => replaced[root])];
    }
}
