using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Expressions;

/// <summary>Reverse-mode differentiation, from formulas to formulas.</summary>
public static class Differentiation
{
    /// <summary>
    /// The vector–Jacobian product: the derivative of Σ seed · output, over all outputs and rows, with respect to every
    /// node that depends on a differentiable input.
    /// </summary>
    /// <param name="outputs">The formulas to differentiate.</param>
    /// <param name="seeds">One weight per output, of its shape or smaller; it may itself be any formula.</param>
    /// <param name="isVerbatim">Whether derivatives lose digits where PyTorch's do (<see cref="LossGraph.IsVerbatim"/>).</param>
    /// <returns>The adjoints; formulas like any other, which can be simplified, compiled and differentiated again.</returns>
    /// <exception cref="ArgumentException">Not one seed per output, or a seed larger than its output.</exception>
    public static Adjoints VectorJacobianProduct(IReadOnlyList<Expr> outputs, IReadOnlyList<Expr> seeds, bool isVerbatim = false)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(seeds);
        if (outputs.Count != seeds.Count)
        {
            throw new ArgumentException($"There are {outputs.Count} outputs and {seeds.Count} seeds; one per output is needed.", nameof(seeds));
        }

        var adjoints = new Dictionary<Expr, Expr>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < outputs.Count; i++)
        {
            if (seeds[i].Shape > outputs[i].Shape)
            {
                throw new ArgumentException($"Seed {i} has shape {seeds[i].Shape}, its output {outputs[i].Shape}.", nameof(seeds));
            }

            Accumulate(outputs[i], seeds[i]);
        }

        var order = NodeOrder.Of(outputs);
        var active = DependingOnDifferentiableInputs(order);
        for (var i = order.Count - 1; i >= 0; i--)
        {
            var node = order[i];
            if (!active.Contains(node) || !adjoints.TryGetValue(node, out var adjoint))
            {
                continue;
            }

            var (a, b, c) = DerivativeRules.Contributions(node, adjoint, isVerbatim);
            Pass(node, 0, a);
            Pass(node, 1, b);
            Pass(node, 2, c);
        }

        return new Adjoints(adjoints, active);

        void Pass(Expr node, int operandIndex, Expr? contribution)
        {
            if (contribution is not null && active.Contains(node.Operands[operandIndex]))
            {
                var operand = node.Operands[operandIndex];
                var shape = node.Operation.IsElementwise() || node.Operation.IsWrapper() ? node.Shape : operand.Shape;
                Accumulate(operand, ReduceTo(operand.Shape, shape, contribution));
            }
        }

        void Accumulate(Expr node, Expr contribution) =>
            adjoints[node] = adjoints.TryGetValue(node, out var sum) ? sum + contribution : contribution;
    }

    /// <summary>
    /// Sums a contribution over what was broadcast. One whose own shape is smaller than the shape it stands for is the
    /// same at every row or response, and is multiplied by their number.
    /// </summary>
    private static Expr ReduceTo(Shape target, Shape standsFor, Expr contribution)
    {
        if (standsFor == Shape.Responses && target < Shape.Responses)
        {
            contribution = contribution.Shape == Shape.Responses ? Sum(contribution, Axis.Responses) : contribution * ResponseCount;
            standsFor = Shape.Row;
        }

        if (standsFor == Shape.Row && target == Shape.Scalar)
        {
            contribution = contribution.Shape == Shape.Row ? Sum(contribution) : contribution * BatchSize;
        }

        return contribution;
    }

    private static HashSet<Expr> DependingOnDifferentiableInputs(List<Expr> order)
    {
        var active = new HashSet<Expr>(ReferenceEqualityComparer.Instance);
        foreach (var node in order)
        {
            if (node.IsDifferentiable || node.Operands.Any(active.Contains))
            {
                active.Add(node);
            }
        }

        return active;
    }
}

/// <summary>The derivatives that one vector–Jacobian product found.</summary>
public sealed class Adjoints
{
    private readonly Dictionary<Expr, Expr> adjoints;
    private readonly HashSet<Expr> active;

    internal Adjoints(Dictionary<Expr, Expr> adjoints, HashSet<Expr> active)
    {
        this.adjoints = adjoints;
        this.active = active;
    }

    /// <summary>Whether derivatives with respect to a node were looked for: only if it depends on a differentiable input.</summary>
    /// <param name="node">The node.</param>
    public bool Covers(Expr node) => active.Contains(node);

    /// <summary>The derivative with respect to a node of the differentiated formulas; 0 if they do not depend on it.</summary>
    /// <param name="node">The node. Its adjoint may have a smaller shape: it is then the same at every row.</param>
    public Expr this[Expr node] => adjoints.TryGetValue(node, out var adjoint) ? adjoint : 0;
}
