using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Anchored preference optimization that raises the chosen and lowers the rejected response.</summary>
/// <remarks>
/// <para>ℓ = 1 − σ(βc_w) + σ(βc_l). Bounded, not convex, with vanishing gradients in both tails.</para>
/// <para>D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 7. For unpaired examples: <see cref="ApoZeroUnpairedLoss"/>.</para>
/// </remarks>
public sealed record ApoZeroLoss() : PairLoss("apo-zero", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default is 0.1.");

    internal static LossEntry Entry { get; } = new(
        new ApoZeroLoss(),
        new Paper("Anchored Preference Optimization and Contrastive Revisions: Addressing Underspecification in Alignment", "2408.06266", "eq. 7"),
        "Raises the chosen and lowers the rejected response, each by itself.")
    {
        Formula = "1 − σ(βc_w) + σ(βc_l)",
        TrlLossType = "apo_zero",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => Sigmoid(-(β * pair.ChosenLogRatio)) + Sigmoid(β * pair.RejectedLogRatio);
}

/// <summary>Anchored preference optimization that lowers both responses, the rejected one more.</summary>
/// <remarks>
/// <para>ℓ = σ(βc_w) + 1 − σ(βρ). Bounded, not convex.</para>
/// <para>D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 8.</para>
/// </remarks>
public sealed record ApoDownLoss() : PairLoss("apo-down", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default is 0.1.");

    internal static LossEntry Entry { get; } = new(
        new ApoDownLoss(),
        new Paper("Anchored Preference Optimization and Contrastive Revisions: Addressing Underspecification in Alignment", "2408.06266", "eq. 8"),
        "Lowers both responses, the rejected one more.")
    {
        Formula = "σ(βc_w) + 1 − σ(x)",
        TrlLossType = "apo_down",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => Sigmoid(β * pair.ChosenLogRatio) + Sigmoid(-(β * pair.LogRatioDifference));
}
