using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>A weighted sum of losses of the same rows: RPO is DPO + α·NLL, MPO is 0.8·DPO + 0.2·BCO-pair + SFT.</summary>
/// <remarks>
/// Its parameters are the weights and those of its terms, each with the term's name in front: <c>dpo_weight</c>, <c>dpo_beta</c>; a
/// second DPO has <c>dpo_2_weight</c>. The implicit rewards are those of the first term.
/// </remarks>
public sealed record WeightedSumLoss : PreferenceLoss
{
    /// <summary>The terms at their defaults: the values of all parameters are this record's.</summary>
    private readonly ValueList<PreferenceLoss> terms;

    private WeightedSumLoss(ImmutableArray<(double Weight, PreferenceLoss Loss)> terms)
        : base(string.Join('+', terms.Select(term => term.Loss.Name)), Combined(terms))
    {
        this.terms = new ValueList<PreferenceLoss>([.. terms.Select(term =>
            term.Loss.Parameters.Aggregate(term.Loss, (reset, bound) => reset.With(bound.Parameter.Name!, bound.Parameter.Default)))]);
        _ = Graph;      // What makes no sense is refused here, and not at the first evaluation.
    }

    /// <summary>The terms with their weights and values.</summary>
    public ImmutableArray<(double Weight, PreferenceLoss Loss)> Terms => [.. terms.Items.Zip(Keys(terms.Items), (loss, key) => (
        Parameters[key + "_weight"],
        loss.Parameters.Aggregate(loss, (changed, bound) => changed.With(bound.Parameter.Name!, Parameters[$"{key}_{bound.Parameter.Name}"]))))];

    /// <summary>A weighted sum.</summary>
    /// <param name="terms">Weights, any finite numbers, and losses, each with one loss per row.</param>
    /// <exception cref="ArgumentException">
    /// There are no terms; a term has two losses per row; or the terms are losses of different kinds of rows.
    /// </exception>
    public static WeightedSumLoss Of(params ReadOnlySpan<(double Weight, PreferenceLoss Loss)> terms)
    {
        if (terms.IsEmpty)
        {
            throw new ArgumentException("A sum needs at least one term.", nameof(terms));
        }

        foreach (var (_, loss) in terms)
        {
            ArgumentNullException.ThrowIfNull(loss, nameof(terms));
            if (loss.Graph.Losses.Length != 1)
            {
                throw new ArgumentException($"'{loss.Name}' has two losses per row, and cannot be added to others.", nameof(terms));
            }

            if (loss.Graph.IsVerbatim != terms[0].Loss.Graph.IsVerbatim)
            {
                throw new ArgumentException(
                    $"Of '{terms[0].Loss.Name}' and '{loss.Name}' one is text that is evaluated as PyTorch would, and the other is not: read it with {nameof(Text.LossCodeOptions.Stabilize)}.",
                    nameof(terms));
            }

            if (KindOf(loss) != KindOf(terms[0].Loss))
            {
                throw new ArgumentException(
                    $"'{loss.Name}' is a loss of {KindOf(loss)}, and '{terms[0].Loss.Name}' one of {KindOf(terms[0].Loss)}: they have no rows in common.", nameof(terms));
            }
        }

        return new WeightedSumLoss([.. terms]);
    }

    /// <inheritdoc/>
    protected override LossGraph BuildGraph()
    {
        var sum = default(Expr);
        var rewards = default(ImplicitRewards);
        var knowsReference = false;
        foreach (var (loss, key) in terms.Items.Zip(Keys(terms.Items)))
        {
            Parameter Own(string name) => Parameters.Single(bound => bound.Parameter.Name == $"{key}_{name}").Parameter;
            Expr Rename(Expr node) => node is Parameter ? Own(node.Name!) : node;
            var renamed = Own("weight") * Substitution.Apply(loss.Graph.Losses, Rename)[0];
            sum = sum is null ? renamed : sum + renamed;
            // The rewards are those of the first term that knows a reference: a likelihood beside DPO implies none.
            if (loss.Graph.Rewards is { } first && (rewards is null || (!knowsReference && ReadsReference(loss))))
            {
                knowsReference = ReadsReference(loss);
                var both = Substitution.Apply([first.Chosen, first.Rejected], Rename);
                rewards = new ImplicitRewards(both[0], both[1]);
            }
        }

        return new LossGraph([sum!], rewards, terms.Items[0].Graph.IsVerbatim, maximumResponses: terms.Items.Min(loss => loss.Graph.MaximumResponses));
    }

    private static bool ReadsReference(PreferenceLoss loss) =>
        loss.Graph.Inputs.Any(i => i.Name is Columns.ReferenceChosen or Columns.ReferenceRejected or Columns.Reference);

    private static ParameterValues Combined(ImmutableArray<(double Weight, PreferenceLoss Loss)> terms) =>
        ParameterValues.Of(terms.Zip(Keys(terms.Select(term => term.Loss)), (term, key) => term.Loss.Parameters
            .Select(bound => (Name: $"{key}_{bound.Parameter.Name}", bound.Parameter, bound.Value))
            .Select(bound => new ParameterValue(
                new Parameter(bound.Name, bound.Parameter.Symbol, bound.Parameter.Default, bound.Parameter.Bounds, bound.Parameter.Recommendation), bound.Value))
            .Prepend(new ParameterValue(new Parameter(key + "_weight", "w", 1, Bounds.Finite), term.Weight))).SelectMany(bound => bound));

    /// <summary>What stands in front of a term's parameters: its name in snake_case, with a number from the second of a name on.</summary>
    private static ImmutableArray<string> Keys(IEnumerable<PreferenceLoss> losses)
    {
        var counts = new Dictionary<string, int>();
        return [.. losses.Select(loss =>
        {
            var name = loss.Name.Replace('-', '_').Replace('+', '_');
            var count = counts[name] = counts.GetValueOrDefault(name) + 1;
            return count == 1 ? name : FormattableString.Invariant($"{name}_{count}");
        })];
    }

    private static string KindOf(PreferenceLoss loss)
    {
        var policy = loss.Graph.Inputs.FirstOrDefault(input => input.Name == Columns.Policy);
        return policy is null ? "pairs" : policy.Shape == Shape.Responses ? "ranked responses" : "unpaired examples";
    }

    /// <summary>A list that is equal to another if its items are.</summary>
    private sealed class ValueList<T>(ImmutableArray<T> items) : IEquatable<ValueList<T>>
    {
        public ImmutableArray<T> Items => items;

        public bool Equals(ValueList<T>? other) => other is not null && items.AsSpan().SequenceEqual(other.Items.AsSpan());

        public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

        public override int GetHashCode() => items.Aggregate(items.Length, HashCode.Combine);
    }
}
