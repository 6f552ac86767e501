using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>χ² preference optimization: DPO with the link function of the χ² divergence.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−clip(z, −2R, 2R)), z = β(φ(e^c_w) − φ(e^c_l)), φ(u) = u + ln u, so that φ(e^c) = e^c + c. The clip has
/// derivative 1 at its bounds and 0 beyond them: pairs that are far apart have no gradient.
/// </para>
/// <para>
/// Huang et al. 2024, arXiv 2407.13399. Regularisation by KL + χ² with weight β has the optimal policy r = βφ(π/π_ref) +
/// const, which gives z as DPO's derivation gives βρ. e^c is continued linearly above c = 60, so that ∞ − ∞ never arises: two
/// such numbers differ by more than the clip lets through, unless they are the same, where the gradient is that at c = 60.
/// </para>
/// </remarks>
public sealed record ChiPoLoss() : PairLoss("chi-po", β, R)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter R = new("reward_bound", "R", 1, Bounds.Positive, "An upper bound of the rewards; the logit is held within ±2R.");

    internal static LossEntry Entry { get; } = new(
        new ChiPoLoss(),
        new Paper("Correcting the Mythos of KL-Regularization: Direct Alignment without Overoptimization via Chi-Squared Preference Optimization", "2407.13399", ""),
        "Logistic loss with the link of the χ² divergence, clipped.")
    {
        Formula = "S(−clip(β(φ(e^c_w) − φ(e^c_l)), ±2R)), φ(u) = u + ln u",
        Aliases = ["chi-squared-po"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>R: a bound of the rewards; the logit is held within ±2R; greater than 0.</summary>
    /// <value>The default value is 1.</value>
    public double RewardBound { get => this[R]; init => this[R] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var growth = StableForms.Growth(pair.ChosenLogRatio) - StableForms.Growth(pair.RejectedLogRatio);
        var z = Named("z", β * (pair.LogRatioDifference + growth));
        return Softplus(-Clamp(z, -(2 * R), 2 * R));
    }
}
