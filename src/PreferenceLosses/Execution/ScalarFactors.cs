using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>
/// Moves scalar factors of row values together, where they are multiplied once per batch and in double precision: β and the
/// 1/N of the mean meet in every gradient.
/// </summary>
internal static class ScalarFactors
{
    /// <summary>s·(t·row) → (s·t)·row, and s·(t·a ± u·b) → (s·t)·a ± (s·u)·b: a multiplication per row less, each time.</summary>
    public static Expr Merge(Expr node, NodeTable table)
    {
        if (Split(node) is not ({ } factor, { } rest))
        {
            return Outwards(node, table);
        }

        if (rest.Operation == Operation.Negate)
        {
            return -table.Intern(Merge(table.Intern(factor * rest.Operands[0]), table));
        }

        if (Split(rest) is ({ } inner, { } row))
        {
            return table.Intern(factor * inner) * row;
        }

        return rest.Operation is Operation.Add or Operation.Subtract && rest.Operands.All(HasFactor)
            ? Formulas.Elementwise(rest.Operation, [.. rest.Operands.Select(term => table.Intern(Merge(table.Intern(factor * term), table)))])
            : node;
    }

    /// <summary>(s·a)·b → s·(a·b) for row values a and b, so that the factors of a weighted gradient meet too.</summary>
    private static Expr Outwards(Expr node, NodeTable table)
    {
        if (node.Operation != Operation.Multiply || node.Shape == Shape.Scalar)
        {
            return node;
        }

        var (x, y) = (node.Operands[0], node.Operands[1]);
        return Split(x) is ({ } s, { } a) ? Merge(table.Intern(s * table.Intern(Outwards(table.Intern(a * y), table))), table)
            : Split(y) is ({ } t, { } b) ? Merge(table.Intern(t * table.Intern(Outwards(table.Intern(x * b), table))), table)
            : node;
    }

    /// <summary>A product of a scalar and a row value, as those two; otherwise nulls.</summary>
    public static (Expr? Factor, Expr? Other) Split(Expr node)
    {
        if (node.Operation != Operation.Multiply || node.Shape == Shape.Scalar)
        {
            return (null, null);
        }

        var (a, b) = (node.Operands[0], node.Operands[1]);
        return a.Shape == Shape.Scalar ? (a, b) : b.Shape == Shape.Scalar ? (b, a) : (null, null);
    }

    private static bool HasFactor(Expr term) =>
        Split(term.Operation == Operation.Negate ? term.Operands[0] : term).Factor is not null;
}
