using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>The paired form of Kahneman–Tversky optimization, with the batch's own log-ratios as the baseline. A 2B loss.</summary>
/// <remarks>
/// <para>
/// Chosen half: 1 − σ(β(c_w − k_l)); rejected half: 1 − σ(β(k_w − c_l)), with k_w = max(0, mean c_w) and k_l = max(0, mean c_l).
/// Each half is compared with the other half's baseline, and gradients flow through both baselines. Not convex, bounded.
/// </para>
/// <para>
/// Ethayarajh et al. 2024, arXiv 2402.01306, as the DiscoPOP paper (arXiv 2406.08414, appendix A) and earlier TRL have it.
/// The KTO paper detaches the baseline; that is another loss. The baseline's <c>clamp</c> has derivative 1 at exactly 0.
/// </para>
/// </remarks>
public sealed record KtoPairLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The KTO paper uses 0.1.");

    internal static LossEntry Entry { get; } = new(new KtoPairLoss(), Paper.DiscoPop("appendix A"), "Each half against the batch mean of the other; two losses per pair.")
    {
        Formula = "two losses: 1 − σ(β(c_w − k_l)) and 1 − σ(β(k_w − c_l)), k = max(0, mean c)",
        PublishedFitness = 7.603125,
    };

    /// <summary>The loss at its defaults.</summary>
    public KtoPairLoss()
        : base("kto-pair", β)
    {
    }

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var chosenBaseline = Named("k_w", ClampMin(Mean(pair.ChosenLogRatio), 0));
        var rejectedBaseline = Named("k_l", ClampMin(Mean(pair.RejectedLogRatio), 0));
        return (
            Sigmoid(-(β * (pair.ChosenLogRatio - rejectedBaseline))),      // 1 − σ(z) is written σ(−z)
            Sigmoid(-(β * (chosenBaseline - pair.RejectedLogRatio))));
    }
}
