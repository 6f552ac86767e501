using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>
/// The valid candidates in the run log of the DiscoPOP paper (Lu et al. 2024, arXiv 2406.08414, appendix F), under the names
/// that the language model gave them. They are here as data for experiments, not as recommendations: several cannot learn.
/// x = βρ, S = softplus.
/// </summary>
public static class RunLogCandidates
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    /// <summary>S(−β(ρ − 0.1)): a margin of 0.1 nats.</summary>
    public static PairLoss LogisticMargin { get; } = Candidate(
        "logistic-margin", pair => Softplus(-(β * (pair.LogRatioDifference - 0.1))));

    /// <summary>
    /// S(−β(ρ − M)), M = |log π_w − log π_l| − |log r_w − log r_l|. Once the policy ranks a pair correctly its gradient is 0.
    /// </summary>
    public static PairLoss AdaptiveMarginLogistic { get; } = Candidate("adaptive-margin-logistic", pair =>
    {
        // Differences first: where both rank the pair correctly, M cancels ρ digit for digit, as on paper.
        var policy = pair.PolicyChosen - pair.PolicyRejected;
        var reference = pair.ReferenceChosen - pair.ReferenceRejected;
        var margin = Abs(policy) - Abs(reference);
        return Softplus(-(β * (policy - reference - margin)));
    });

    /// <summary>S(−x) + max(0, 1 − x).</summary>
    public static PairLoss CombinedLogisticHinge { get; } = Candidate(
        "combined-logistic-hinge", pair => Softplus(-X(pair)) + Relu(1 - X(pair)));

    /// <summary>2 S(−x) + ½ max(0, 1 − x).</summary>
    public static PairLoss ScaledCombinedLogisticHinge { get; } = Candidate(
        "scaled-combined-logistic-hinge", pair => (2 * Softplus(-X(pair))) + (0.5 * Relu(1 - X(pair))));

    /// <summary>σ(−ρ) S(−x) + σ(ρ) max(0, 1 − x). Its slope at ρ = 0 is positive: it starts by pushing the chosen answer down.</summary>
    public static PairLoss AnnealedCombinedLogisticHinge { get; } = Candidate(
        "annealed-combined-logistic-hinge", pair => AqlLoss.LogisticOrHinge(X(pair), gate: -pair.LogRatioDifference));

    /// <summary>S(−x)².</summary>
    public static PairLoss SquaredLogistic { get; } = Candidate("squared-logistic", pair => Square(Softplus(-X(pair))));

    /// <summary>σ(−ρ)² S(−x).</summary>
    public static PairLoss FocalLogistic { get; } = Candidate(
        "focal-logistic", pair => Square(Sigmoid(-pair.LogRatioDifference)) * Softplus(-X(pair)));

    /// <summary>S(−x/2).</summary>
    public static PairLoss TemperatureScaledLogistic { get; } = Candidate(
        "temperature-scaled-logistic", pair => Softplus(-(X(pair) / 2)));

    /// <summary>
    /// S(x) − 0.45 x, which is ½ S(x) + ½ (S(x) − 0.9 x): the second target was meant to be small and is 0, so the minimum is at
    /// x ≈ −0.2 and the loss trains the policy to prefer the rejected answer.
    /// </summary>
    public static PairLoss CorrectedLabelSmoothedLogistic { get; } = Candidate(
        // S(x) − 0.45 x without the difference of two large numbers: 0.55 S(x) + 0.45 S(−x).
        "corrected-label-smoothed-logistic", pair => (0.55 * Softplus(X(pair))) + (0.45 * Softplus(-X(pair))));

    /// <summary>wᵢ S(−xᵢ) / Σw, wᵢ = 0.9^(N−1−i). The weight follows the position in the batch, which means nothing.</summary>
    public static PairLoss DecayingWeightsLogistic { get; } = Candidate("decaying-weights-logistic", pair =>
    {
        var weights = Named("w", Power(0.9, BatchSize - 1 - RowIndex));
        return weights * Softplus(-X(pair)) / Sum(weights);
    });

    /// <summary>0.9 (1 − 0.5 [ρ &lt; 0.2]) S(−β(ρ − 0.2)): PADLL with a margin; jumps at ρ = 0.2.</summary>
    public static PairLoss HybridPerformanceMarginDecayLogistic { get; } = Candidate("hybrid-performance-margin-decay-logistic", pair =>
    {
        var beyond = pair.LogRatioDifference - 0.2;
        return 0.9 * (1 - (0.5 * (beyond < 0))) * Softplus(-(β * beyond));
    });

    /// <summary>S(−β(c_w + 0.1)) + S(β(c_l − 0.1)): both margins have the easier sign.</summary>
    public static PairLoss CorrectedReinforcedMarginLogistic { get; } = Candidate(
        "corrected-reinforced-margin-logistic",
        pair => Softplus(-(β * (pair.ChosenLogRatio + 0.1))) + Softplus(β * (pair.RejectedLogRatio - 0.1)));

    /// <summary>
    /// S(−β(log π_w − log π_l)) · ½(|c_w| + |c_l|). Where the policy is the reference, loss and gradient are 0: it never starts.
    /// </summary>
    public static PairLoss CertaintyScaledLogistic { get; } = Candidate(
        "certainty-scaled-logistic",
        pair => Softplus(-(β * (pair.PolicyChosen - pair.PolicyRejected))) * (0.5 * (Abs(pair.ChosenLogRatio) + Abs(pair.RejectedLogRatio))));

    internal static ImmutableArray<LossEntry> Entries { get; } =
    [
        Entry(LogisticMargin, 7.709375, "Logistic with a margin of 0.1 nats.", "S(−β(ρ − 0.1))"),
        Entry(AdaptiveMarginLogistic, 7.51875, "Logistic with a margin that cancels the gradient of correctly ranked pairs.", "S(−β(ρ − M)), M = |log π_w − log π_l| − |log r_w − log r_l|"),
        Entry(CombinedLogisticHinge, 7.7375, "Logistic plus hinge.", "S(−x) + max(0, 1 − x)"),
        Entry(ScaledCombinedLogisticHinge, 7.85625, "Twice logistic plus half hinge.", "2 S(−x) + ½ max(0, 1 − x)"),
        Entry(AnnealedCombinedLogisticHinge, 7.66875, "Logistic, blended into hinge as ρ grows; starts downhill the wrong way.", "σ(−ρ) S(−x) + σ(ρ) max(0, 1 − x)"),
        Entry(SquaredLogistic, 7.60062893, "Logistic, squared.", "S(−x)²"),
        Entry(FocalLogistic, 7.840625, "Logistic with a focal weight.", "σ(−ρ)² S(−x)"),
        Entry(TemperatureScaledLogistic, 7.86875, "Logistic at half the scale.", "S(−x/2)"),
        Entry(CorrectedLabelSmoothedLogistic, 6.425, "Label smoothing with its minimum on the wrong side.", "S(x) − 0.45 x"),
        Entry(DecayingWeightsLogistic, 7.871875, "Logistic with weights that follow the position in the batch.", "wᵢ S(−xᵢ) / Σw, wᵢ = 0.9^(N−1−i)"),
        Entry(HybridPerformanceMarginDecayLogistic, 7.6125, "PADLL with a margin of 0.2 nats.", "0.9 (1 − 0.5 [ρ < 0.2]) S(−β(ρ − 0.2))"),
        Entry(CorrectedReinforcedMarginLogistic, 7.525, "Logistic of each response apart, with margins.", "S(−β(c_w + 0.1)) + S(β(c_l − 0.1))"),
        Entry(CertaintyScaledLogistic, 7.33125, "Reference-free logistic, scaled by the distance from the reference; never starts.", "S(−β(log π_w − log π_l)) · ½(|c_w| + |c_l|)"),
    ];

    private static Expr X(PairInputs pair) => Named("x", β * pair.LogRatioDifference);

    private static PairLoss Candidate(string name, Func<PairInputs, LossOutput> formula) => PairLoss.Define(name, [β], formula);

    private static LossEntry Entry(PairLoss loss, double fitness, string summary, string formula) =>
        new(loss, Paper.DiscoPop("appendix F"), summary) { IsCandidate = true, PublishedFitness = fitness, Formula = formula };
}
