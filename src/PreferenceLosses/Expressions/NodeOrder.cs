namespace PreferenceLosses.Expressions;

/// <summary>The nodes below some roots, each once, operands before the nodes that use them.</summary>
internal static class NodeOrder
{
    /// <remarks>Iterative: the depth of a formula is the user's, the depth of the stack is not.</remarks>
    public static List<Expr> Of(IEnumerable<Expr> roots)
    {
        var order = new List<Expr>();
        var seen = new HashSet<Expr>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<(Expr Node, int NextOperand)>();

        foreach (var root in roots)
        {
            if (seen.Add(root))
            {
                pending.Push((root, 0));
            }

            while (pending.TryPop(out var current))
            {
                if (current.NextOperand == current.Node.Operands.Length)
                {
                    order.Add(current.Node);
                    continue;
                }

                pending.Push((current.Node, current.NextOperand + 1));
                var operand = current.Node.Operands[current.NextOperand];
                if (seen.Add(operand))
                {
                    pending.Push((operand, 0));
                }
            }
        }

        return order;
    }
}
