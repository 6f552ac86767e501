using System.Collections.Frozen;
using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Training;

/// <summary>What a loss reads, and whether a trainer can give it that from data of some kind.</summary>
internal sealed class LossRequirements
{
    private const string NeedsGold = "it needs a third, gold response, which no data here has";
    private const string NeedsDivergence = "it differentiates a divergence over the whole vocabulary, and a policy differentiates log-probabilities only";
    private const string NeedsWeights = "it weighs completions by sums over the whole vocabulary at each token, which a policy does not give";

    /// <summary>Columns that there is no source for, and why.</summary>
    private static readonly FrozenDictionary<string, string> Missing = new Dictionary<string, string>
    {
        [Columns.PolicyGold] = NeedsGold,
        [Columns.GoldLength] = NeedsGold,
        [Columns.ChosenKl] = NeedsDivergence,
        [Columns.RejectedKl] = NeedsDivergence,
        [Columns.ChosenWeight] = NeedsWeights,
        [Columns.RejectedWeight] = NeedsWeights,
    }.ToFrozenDictionary();

    private readonly FrozenSet<string> columns;

    /// <summary>What the loss needs, on data of this kind.</summary>
    /// <exception cref="LossNotTrainableException">It needs something that there is not.</exception>
    public LossRequirements(IPreferenceLoss loss, ExampleKind data, bool hasScores)
    {
        var isLikelihood = IsLikelihoodOfChosen(loss.Graph);
        Loss = isLikelihood ? new LossWithoutRewards(loss) : loss;
        var graph = Loss.Graph;
        columns = graph.Inputs.Select(input => input.Name!).ToFrozenSet();
        Kind = KindOf(graph);
        Data = data;
        NeedsReference = Reads(Columns.ReferenceChosen) || Reads(Columns.ReferenceRejected) || Reads(Columns.Reference) || NeedsKl;
        CompletionsUsed = Kind != ExampleKind.Pair ? null : isLikelihood ? 1 : 2;
        MinimumRows = Reads(Columns.Kl) || graph.Nodes.Any(IsUnbiasedSpread) ? 2 : 1;
        if (ReasonAgainst(graph, isLikelihood, hasScores) is { } reason)
        {
            throw new LossNotTrainableException(loss.Name, reason);
        }

        // A sum of losses has its terms' parameters with the terms' names in front.
        double[] betas =
        [
            .. Loss.Parameters.Where(bound => bound.Parameter.Name is "beta" || bound.Parameter.Name!.EndsWith("_beta", StringComparison.Ordinal))
                .Select(bound => bound.Value).Distinct(),
        ];
        Beta = betas.Length == 0 ? 1 : betas[0];
        if (NeedsShift && betas.Length > 1)
        {
            throw new LossNotTrainableException(loss.Name, $"'{Columns.Shift}' is the mean of rewards, and it has several β that rewards could be scaled by.");
        }

        MomentsOf = MomentsOfGraph(graph);
    }

    /// <summary>What moments are taken of.</summary>
    public enum MomentsQuantity
    {
        /// <summary>ρ.</summary>
        LogRatioDifference,

        /// <summary>ρ̄, of averages per token.</summary>
        AverageLogRatioDifference,
    }

    /// <summary>The loss to evaluate.</summary>
    public IPreferenceLoss Loss { get; }

    /// <summary>What a row of the loss is.</summary>
    public ExampleKind Kind { get; }

    /// <summary>What an example of the data is.</summary>
    public ExampleKind Data { get; }

    public bool NeedsReference { get; }

    public bool NeedsKl => Reads(Columns.Kl);

    public bool NeedsShift => Reads(Columns.Shift);

    public MomentsQuantity? MomentsOf { get; }

    /// <summary>Completions of a row that the loss reads: 1 (the chosen one) or 2 of a pair; null for all there are.</summary>
    public int? CompletionsUsed { get; }

    /// <summary>The number of rows that a batch needs.</summary>
    public int MinimumRows { get; }

    /// <summary>β, by which log-ratios are rewards; 1 where the loss has none, and that of the first term of a sum.</summary>
    public double Beta { get; }

    public bool Reads(string column) => columns.Contains(column);

    /// <summary>Of one row it is refused, or NaN where a text is evaluated as PyTorch does: a batch that would have one is merged in either case.</summary>
    private static bool IsUnbiasedSpread(Expr node) =>
        node is { Operation: Operation.Variance or Operation.StandardDeviation, Axis: Axis.Batch, Value: 1 };

    /// <summary>A loss of chosen completions alone can be fitted to any data, and has no rewards to compare.</summary>
    private static bool IsLikelihoodOfChosen(LossGraph graph)
    {
        var read = graph.Nodes.Where(n => n.Operation == Operation.Input).Select(n => n.Name!).ToImmutableArray();
        return read.Contains(Columns.PolicyChosen) && read.All(name => name is Columns.PolicyChosen or Columns.ChosenLength or Columns.ReferenceChosen);
    }

    private MomentsQuantity? MomentsOfGraph(LossGraph graph)
    {
        if (!Reads(Columns.RunningMean) && !Reads(Columns.RunningDeviation))
        {
            return null;
        }

        var hasDifference = graph.Named.Any(n => n.Name == "ρ");
        var hasAverages = graph.Named.Any(n => n.Name == "ρ̄");
        return hasDifference != hasAverages
            ? hasAverages ? MomentsQuantity.AverageLogRatioDifference : MomentsQuantity.LogRatioDifference
            : throw new LossNotTrainableException(
                Loss.Name, "it compares with running moments, and " + (hasAverages ? "it is not clear whether of ρ or of ρ̄." : "its formula has neither ρ nor ρ̄ to take them of."));
    }

    private static ExampleKind KindOf(LossGraph graph)
    {
        var policy = graph.Inputs.FirstOrDefault(input => input.Name == Columns.Policy);
        return policy is null ? ExampleKind.Pair
            : policy.Shape == Shape.Responses ? ExampleKind.Ranked
            : ExampleKind.Unpaired;
    }

    private string? ReasonAgainst(LossGraph graph, bool isLikelihood, bool hasScores)
    {
        foreach (var input in graph.Inputs)
        {
            if (Missing.TryGetValue(input.Name!, out var why))
            {
                return $"{why} ('{input.Name}').";
            }

            if (!BatchColumns.CanFill(input.Name!))
            {
                return $"it reads '{input.Name}', and the trainer does not know where to take that from.";
            }

            if (BatchColumns.IsScore(input.Name!) && !hasScores)
            {
                return $"it reads '{input.Name}', and the data has no scores.";
            }
        }

        return (Kind, Data) switch
        {
            (ExampleKind.Pair, ExampleKind.Unpaired) when !isLikelihood => "it compares the two completions of a pair, and the data is unpaired.",
            (ExampleKind.Pair, ExampleKind.Ranked) when !isLikelihood => "it compares the two completions of a pair, and the data ranks several; make pairs of them, or take a ranked loss such as plackett-luce.",
            (ExampleKind.Ranked, ExampleKind.Unpaired) => "it compares several completions of a prompt, and the data is unpaired.",
            (ExampleKind.Unpaired, ExampleKind.Ranked) => "it needs to know of each completion whether it is desirable, and the data ranks them.",
            _ => null,
        };
    }
}
