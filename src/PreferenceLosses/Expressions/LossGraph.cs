using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PreferenceLosses.Expressions;

/// <summary>
/// A loss as formulas: its unreduced values (one per row, or two for a 2B loss such as KTO-pair) and the implicit
/// rewards that it logs. Immutable. Everything else that the library knows of a loss is derived from this.
/// </summary>
public sealed class LossGraph
{
    /// <summary>As many as bits in the set of columns whose gradients are wanted.</summary>
    private const int MaximumInputs = 64;

    /// <summary>Builds the graph: simplifies the formulas, merges equal sub-expressions, collects inputs and parameters.</summary>
    /// <param name="losses">The unreduced losses: one formula, or two for a 2B loss.</param>
    /// <param name="rewards">The implicit rewards of the chosen and the rejected response; null where there are none.</param>
    /// <param name="isVerbatim">Whether the formulas are another program's text, to be evaluated as it would be there; see <see cref="IsVerbatim"/>.</param>
    /// <param name="maximumResponses">The largest number of responses per row that the formulas are written for; null for any.</param>
    /// <exception cref="ArgumentException">
    /// A loss has no value per row, a reward has one per response, one input is used in two shapes or both with and without a gradient, two
    /// different parameters have one name, or there are more than 64 inputs.
    /// </exception>
    public LossGraph(ImmutableArray<Expr> losses, ImplicitRewards? rewards, bool isVerbatim = false, int? maximumResponses = null)
    {
        if (losses.IsDefaultOrEmpty || losses.Length > 2)
        {
            throw new ArgumentException("A loss is one formula, or two for a 2B loss.", nameof(losses));
        }

        foreach (var formula in losses)
        {
            ArgumentNullException.ThrowIfNull(formula, nameof(losses));
            if (formula.Shape != Shape.Row)
            {
                throw new ArgumentException(
                    $"A loss has one value per row, and this formula has shape {formula.Shape}: "
                    + (formula.Shape == Shape.Scalar ? "leave the reduction to the caller" : "reduce it over the responses") + ".",
                    nameof(losses));
            }
        }

        // One reward per row each: the caller's spans have that length. Broadcast refuses one per response.
        ImmutableArray<Expr> roots = rewards is null
            ? losses
            : [.. losses, Formulas.Broadcast(rewards.Chosen, Shape.Row), Formulas.Broadcast(rewards.Rejected, Shape.Row)];
        CheckUniqueNames(NodeOrder.Of(roots).OfType<Parameter>(), "parameter", "with two different descriptions");
        var simplified = Simplifier.Simplify(roots);
        Losses = simplified[..losses.Length];
        Rewards = rewards is null ? null : new ImplicitRewards(simplified[^2], simplified[^1]);

        var nodes = NodeOrder.Of(simplified);
        Inputs = [.. nodes.Where(n => n.Operation == Operation.Input)];
        Parameters = [.. nodes.OfType<Parameter>()];
        CheckUniqueNames(Inputs, "input", "in two ways (two shapes, or with and without a gradient)");
        if (Inputs.Length > MaximumInputs)
        {
            throw new ArgumentException($"A loss reads at most {MaximumInputs} inputs; this one reads {Inputs.Length}.", nameof(losses));
        }

        Nodes = [.. NodeOrder.Of(Losses)];
        Named = [.. Nodes.Where(n => n.Operation == Operation.Named)];
        IsBatchCoupled = Nodes.Any(CouplesRows);
        IsVerbatim = isVerbatim;
        MinimumRows = !isVerbatim && Nodes.Any(n =>
            n is { Operation: Operation.Variance or Operation.StandardDeviation, Axis: Axis.Batch, Value: 1 }) ? 2 : 1;
        MaximumResponses = maximumResponses;
        Key = (isVerbatim ? "verbatim\n" : "") + Describe(simplified, nodes) + string.Create(CultureInfo.InvariantCulture, $"{maximumResponses}");
    }

    /// <summary>The unreduced losses: one formula, or two for a 2B loss (first all rows of the one, then of the other).</summary>
    public ImmutableArray<Expr> Losses { get; }

    /// <summary>Every node of the losses once, operands before the nodes that use them: what a pass over the formulas walks through.</summary>
    public ImmutableArray<Expr> Nodes { get; }

    /// <summary>The implicit rewards, for metrics only; null where there are none.</summary>
    public ImplicitRewards? Rewards { get; }

    /// <summary>The columns and scalars of the batch that the loss reads.</summary>
    public ImmutableArray<Expr> Inputs { get; }

    /// <summary>The hyper-parameters that the formulas contain.</summary>
    public ImmutableArray<Parameter> Parameters { get; }

    /// <summary>The named sub-expressions of the losses, inner ones first.</summary>
    public ImmutableArray<Expr> Named { get; }

    /// <summary>Whether the loss of one row depends on other rows.</summary>
    public bool IsBatchCoupled { get; }

    /// <summary>
    /// Whether operations are done one by one as they stand, so that they overflow, and give NaN, exactly where PyTorch does: no
    /// factor is moved into an exponential, σ(x) is 1/(1 + e^(−x)) and its derivative σ(1 − σ), and a variance of one row is NaN
    /// rather than refused. For losses read from text.
    /// </summary>
    public bool IsVerbatim { get; }

    /// <summary>The number of rows that the loss needs: 2 if it contains an unbiased variance over the batch and is not verbatim, else 1.</summary>
    public int MinimumRows { get; }

    /// <summary>The largest number of responses per row that the formulas are written for; null for any.</summary>
    public int? MaximumResponses { get; }

    /// <summary>The structure as text: equal for graphs that compute the same operations in the same order.</summary>
    internal string Key { get; }

    /// <summary>The derivative of Σ upstream · loss with respect to every differentiable input, simplified.</summary>
    /// <param name="upstream">The weight of each row's loss: a scalar formula such as 1/N for the mean, or a column.</param>
    /// <returns>One formula per differentiable input, by name; of shape scalar where it is the same at every row.</returns>
    public IReadOnlyDictionary<string, Expr> Gradient(Expr upstream)
    {
        var adjoints = Differentiation.VectorJacobianProduct(Losses, [.. Losses.Select(_ => upstream)], IsVerbatim);
        var columns = Inputs.Where(input => input.IsDifferentiable).ToImmutableArray();
        var gradients = Simplifier.Simplify(columns.Select(input => adjoints[input]));
        return columns.Select((input, i) => (input.Name, Gradient: gradients[i])).ToDictionary(g => g.Name!, g => g.Gradient);
    }

    private static bool CouplesRows(Expr node) => node.Operation is Operation.BatchSize or Operation.RowIndex
        || ((node.Operation.IsReduction() || node.Operation.IsSortOrScan()) && node.Axis == Axis.Batch);

    private static void CheckUniqueNames(IEnumerable<Expr> nodes, string what, string how)
    {
        foreach (var name in nodes.GroupBy(n => n.Name).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            throw new ArgumentException($"The {what} '{name}' is used {how}.");
        }
    }

    private static string Describe(ImmutableArray<Expr> roots, List<Expr> nodes)
    {
        var numbers = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        var text = new StringBuilder();
        foreach (var node in nodes)
        {
            numbers[node] = numbers.Count;
            text.Append(CultureInfo.InvariantCulture, $"{(int)node.Operation} {(int)node.Shape} {(int)node.Axis} {node.Value:R} {node.Name}");
            foreach (var operand in node.Operands)
            {
                text.Append(CultureInfo.InvariantCulture, $" {numbers[operand]}");
            }

            text.Append('\n');
        }

        foreach (var root in roots)
        {
            text.Append(CultureInfo.InvariantCulture, $"{numbers[root]} ");
        }

        return text.ToString();
    }
}

/// <summary>What the loss implies that a response is worth, in nats: logged, never differentiated.</summary>
/// <param name="Chosen">The reward of the chosen response, one per row.</param>
/// <param name="Rejected">The reward of the rejected response, one per row.</param>
public sealed record ImplicitRewards(Expr Chosen, Expr Rejected);
