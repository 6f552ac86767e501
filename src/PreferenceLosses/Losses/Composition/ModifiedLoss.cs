using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>A loss of pairs with something done to it. Made with <see cref="DifferenceModifiers"/>, where the modifications are described.</summary>
public sealed record ModifiedLoss : PreferenceLoss
{
    private static readonly Parameter ε = new(
        "label_smoothing", "ε", 0.1, new Bounds(0, true, 0.5, false), "The share of wrong labels that is expected; 0 is no smoothing.");

    private static readonly Parameter α = new(
        "f_alpha", "α", 0.5, new Bounds(0, true, 1, false), "0 is the forward KL divergence; at the limit of 1 nothing changes.");

    private static readonly PairInputs Pair = new();

    private static readonly Expr PairWeight =
        Input(Columns.ChosenWeight, Shape.Row, differentiable: false) * Input(Columns.RejectedWeight, Shape.Row, differentiable: false);

    /// <summary>The loss at its defaults: the values of all parameters are this record's.</summary>
    private readonly PreferenceLoss structure;

    internal ModifiedLoss(PreferenceLoss loss, Modification modification)
        : base($"{loss.Name}+{NameOf(modification)}", ParameterValues.Of([.. loss.Parameters, .. OwnOf(modification)]))
    {
        structure = loss.Parameters.Aggregate(loss, (reset, bound) => reset.With(bound.Parameter.Name!, bound.Parameter.Default));
        Modification = modification;
        _ = Graph;      // What makes no sense is refused here, and not at the first evaluation.
    }

    /// <summary>What is done.</summary>
    public Modification Modification { get; }

    /// <summary>The loss that it is done to, with its values.</summary>
    public PreferenceLoss Inner => structure.Parameters.Aggregate(structure, (loss, bound) => loss.With(bound.Parameter.Name!, Parameters[bound.Parameter]));

    /// <summary>The name of a modification in kebab-case.</summary>
    internal static string NameOf(Modification modification) => modification switch
    {
        Modification.LabelSmoothing => "label-smoothing",
        Modification.LengthNormalization => "length-normalization",
        Modification.ForwardKl => "forward-kl",
        Modification.JensenShannon => "jensen-shannon",
        Modification.AlphaDivergence => "alpha-divergence",
        Modification.ReferenceFree => "reference-free",
        Modification.PairWeights => "pair-weights",
        _ => throw new ArgumentOutOfRangeException(nameof(modification), modification, "There is no such modification."),
    };

    /// <summary>The parameter that a modification brings along, if it has one.</summary>
    internal static ParameterValue[] OwnOf(Modification modification) => modification switch
    {
        Modification.LabelSmoothing => [new(ε, ε.Default)],
        Modification.AlphaDivergence => [new(α, α.Default)],
        _ => [],
    };

    /// <inheritdoc/>
    protected override LossGraph BuildGraph()
    {
        var graph = structure.Graph;
        var difference = new DifferenceForm(structure, NameOf(Modification));
        return Modification switch
        {
            Modification.LabelSmoothing => new LossGraph([Smoothed(difference)], graph.Rewards, graph.IsVerbatim),
            Modification.PairWeights when graph.Inputs.Any(input => input.Name == Columns.ChosenWeight) => throw difference.Refused("it has pair weights already"),
            Modification.LengthNormalization when graph.Inputs.Any(input => input.Name == Columns.ChosenLength) =>
                throw difference.Refused("it reads lengths already"),
            Modification.LengthNormalization => new LossGraph(
                difference.Replaced((chosen, rejected) => (chosen / Pair.ChosenLength) - (rejected / Pair.RejectedLength)), graph.Rewards, graph.IsVerbatim),
            Modification.ForwardKl => new LossGraph(
                difference.Replaced((chosen, rejected) => StableForms.ExponentialDifference(-rejected, -chosen, 1)), graph.Rewards, graph.IsVerbatim),
            Modification.JensenShannon => new LossGraph(
                difference.Replaced((chosen, rejected) => LogSigmoid(chosen) - LogSigmoid(rejected)), graph.Rewards, graph.IsVerbatim),
            Modification.AlphaDivergence => new LossGraph(
                difference.Replaced((chosen, rejected) => StableForms.ExponentialDifference(-((1 - α) * rejected), -((1 - α) * chosen), 1 / (1 - α))), graph.Rewards, graph.IsVerbatim),
            Modification.ReferenceFree => WithoutReference(difference, graph),
            _ => new LossGraph([difference.Single() * PairWeight], graph.Rewards, graph.IsVerbatim),
        };
    }

    private static Expr Smoothed(DifferenceForm difference) => ((1 - ε) * difference.Of(ρ => ρ)) + (ε * difference.Of(ρ => -ρ));

    private static LossGraph WithoutReference(DifferenceForm difference, LossGraph graph)
    {
        Expr Removed(Expr node) => node is { Operation: Operation.Input, Name: Columns.ReferenceChosen or Columns.ReferenceRejected } ? Broadcast(0, Shape.Row) : node;
        difference.CheckReferenceOnlyInDifferences();
        if (graph.Inputs.All(input => ReferenceEquals(Removed(input), input)))
        {
            throw difference.Refused("it reads no reference");
        }

        ImmutableArray<Expr> roots = graph.Rewards is { } rewards ? [.. graph.Losses, rewards.Chosen, rewards.Rejected] : graph.Losses;
        var rewritten = Substitution.Apply(roots, Removed);
        return new LossGraph(
            rewritten[..graph.Losses.Length], graph.Rewards is null ? null : new ImplicitRewards(rewritten[^2], rewritten[^1]), graph.IsVerbatim);
    }
}
