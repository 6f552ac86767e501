using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>Whether the losses of a batch, as a set, are the same in whatever order its rows come.</summary>
internal static class OrderOfRows
{
    private enum Rows
    {
        /// <summary>The value of a row goes wherever the row goes.</summary>
        Move,

        /// <summary>Position i has the same value whatever the order: a sorted column, the index itself.</summary>
        Stay,

        /// <summary>One value for all rows.</summary>
        Alike,

        /// <summary>Neither is known.</summary>
        Unknown,
    }

    /// <summary>Sufficient, not necessary.</summary>
    public static bool IsProvenIrrelevant(LossGraph graph)
    {
        var rows = new Dictionary<Expr, Rows>(ReferenceEqualityComparer.Instance);
        foreach (var node in graph.Nodes)
        {
            rows[node] = Of(node, [.. node.Operands.Select(o => rows[o])]);
        }

        return graph.Losses.All(loss => rows[loss] != Rows.Unknown);
    }

    private static Rows Of(Expr node, Rows[] operands)
    {
        if (operands.Contains(Rows.Unknown))
        {
            return Rows.Unknown;
        }

        var overRows = node.Axis == Axis.Batch && (node.Operation.IsReduction() || node.Operation.IsSortOrScan());
        if (!overRows)
        {
            return node switch
            {
                { Shape: Shape.Scalar } => Rows.Alike,
                { Operation: Operation.RowIndex } => Rows.Stay,
                { Operation: Operation.Input or Operation.ResponseCount or Operation.ResponseIndex } => Rows.Move,
                _ => Together(operands),
            };
        }

        return node.Operation switch
        {
            _ when node.Operation.IsReduction() => Rows.Alike,
            Operation.SortBy when ReferenceEquals(node.Operands[0], node.Operands[1]) => Rows.Stay,
            // Where keys tie, values that are in the key's order are not told apart by it; equal rows would have to have equal values.
            Operation.SortBy or Operation.UnsortBy => operands.All(o => o != Rows.Move) ? Rows.Stay : Rows.Unknown,
            _ => operands[0] != Rows.Move ? Rows.Stay : Rows.Unknown,
        };
    }

    /// <summary>Values that move beside values that stay are paired otherwise after a change of order.</summary>
    private static Rows Together(Rows[] operands)
    {
        var kinds = operands.Where(o => o != Rows.Alike).Distinct().ToArray();
        return kinds.Length switch { 0 => Rows.Alike, 1 => kinds[0], _ => Rows.Unknown };
    }
}
