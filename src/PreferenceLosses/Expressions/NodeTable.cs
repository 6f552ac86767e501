namespace PreferenceLosses.Expressions;

/// <summary>
/// Merges equal sub-expressions while one graph is built, and folds operations on constants. Lives as long as that
/// work; there is no global table.
/// </summary>
internal sealed class NodeTable
{
    private readonly Dictionary<Key, Expr> nodes = [];

    /// <summary>The node that stands for this one; its operands have to come from this table already.</summary>
    public Expr Intern(Expr node)
    {
        if (node.Operation.IsElementwise() && node.Operands.All(o => o.Operation == Operation.Constant))
        {
            node = Formulas.Constant(ScalarFunctions.Evaluate(
                node.Operation, At(node, 0)!.Value, At(node, 1)?.Value ?? 0, At(node, 2)?.Value ?? 0));
        }

        var key = new Key(
            node.Operation, node.Shape, node.Axis, BitConverter.DoubleToInt64Bits(node.Value), node.Name,
            At(node, 0), At(node, 1), At(node, 2));
        if (nodes.TryGetValue(key, out var known) || (IsCommutative(node.Operation) && nodes.TryGetValue(key.Swapped, out known)))
        {
            return known;
        }

        nodes.Add(key, node);
        return node;
    }

    private static Expr? At(Expr node, int i) => i < node.Operands.Length ? node.Operands[i] : null;

    /// <summary>Only where swapping the operands changes no bit of the result.</summary>
    private static bool IsCommutative(Operation operation) =>
        operation is Operation.Add or Operation.Multiply or Operation.Equal;

    private readonly record struct Key(
        Operation Operation, Shape Shape, Axis Axis, long ValueBits, string? Name, Expr? A, Expr? B, Expr? C)
    {
        public Key Swapped => this with { A = B, B = A };
    }
}
