using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Text;

/// <summary>A loss that was read from PyTorch text, by <see cref="LossCode"/>. Its gradient is as analytic as that of any other.</summary>
/// <remarks>
/// It gives what PyTorch gives for the text, infinities and NaN included (<see cref="LossGraph.IsVerbatim"/>), unless it was read
/// with <see cref="LossCodeOptions.Stabilize"/>. Its variables are the named sub-expressions of the graph. Losses are in nats, one per pair.
/// </remarks>
public sealed record CodeLoss : PreferenceLoss
{
    private readonly ImmutableArray<Expr> formulas;
    private readonly bool isVerbatim;
    private readonly int? classes;

    internal CodeLoss(string name, string text, ReadOnlySpan<Parameter> parameters, ImmutableArray<Expr> formulas, bool isVerbatim, int? classes)
        : base(name, parameters)
    {
        Text = text;
        this.formulas = formulas;
        this.isVerbatim = isVerbatim;
        this.classes = classes;
    }

    /// <summary>The text that was read, after repairs.</summary>
    public string Text { get; }

    /// <summary>Equal if text, name and values of hyper-parameters are.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(CodeLoss? other) => base.Equals(other) && Text == other.Text && isVerbatim == other.isVerbatim && classes == other.classes;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Text);

    /// <inheritdoc/>
    protected override LossGraph BuildGraph()
    {
        var nodes = NodeOrder.Of(formulas);
        if (nodes.Exists(n => n is { Operation: Operation.Input, Name: Columns.Logits }))
        {
            return new LossGraph(formulas, rewards: null, isVerbatim, classes);     // Classes have no implicit rewards.
        }

        var usesReference = nodes
            .Any(n => n is { Operation: Operation.Input, Name: Columns.ReferenceChosen or Columns.ReferenceRejected });
        var beta = Parameters.Select(bound => bound.Parameter).FirstOrDefault(p => p.Name == "beta");
        return new LossGraph(formulas, PairLoss.DefaultRewards(new PairInputs(), beta, usesReference), isVerbatim);
    }
}
