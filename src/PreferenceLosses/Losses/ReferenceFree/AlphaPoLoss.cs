using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>AlphaPO: SimPO with a reward function of another shape.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−(β(r_w − r_l) − γ)), r = (1 − p^(−α))/α, p = e^a the average probability of a token, a = log π(y)/|y|. Not
/// convex.
/// </para>
/// <para>
/// Gupta et al. 2025, arXiv 2501.03884. Computed from a and never from p, which underflows for sums; the two powers are
/// subtracted in <see cref="StableForms"/>.
/// </para>
/// </remarks>
public sealed record AlphaPoLoss() : PairLoss("alphapo", β, α, γ)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 2.5.");
    private static readonly Parameter α = new("alpha", "α", 0.25, Bounds.Positive, "The paper uses 0.25; the limit at 0 is SimPO.");
    private static readonly Parameter γ = new("gamma", "γ", 0.1, Bounds.Finite, "The paper uses 0.1.");

    internal static LossEntry Entry { get; } = new(
        new AlphaPoLoss(),
        new Paper("AlphaPO: Reward Shape Matters for LLM Alignment", "2501.03884", ""),
        "SimPO with a reward of another shape.")
    {
        Formula = "S(−(β(r_w − r_l) − γ)), r = (1 − e^(−αa))/α",
        TrlLossType = "alphapo",
        TrlTrainer = "CPOTrainer",
    };

    /// <summary>β: the scale of the rewards; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: the shape of the reward; greater than 0.</summary>
    /// <value>The default value is 0.25.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <summary>γ: the target margin, not multiplied by β.</summary>
    /// <value>The default value is 0.1.</value>
    public double Gamma { get => this[γ]; init => this[γ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        return Softplus(-(StableForms.ExponentialDifference(-(α * pair.RejectedAverage), -(α * pair.ChosenAverage), β / α) - γ));
    }

    /// <inheritdoc/>
    protected override ImplicitRewards Rewards(PairInputs pair, bool usesReference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return new(-(β / α * Expm1(-(α * pair.ChosenAverage))), -(β / α * Expm1(-(α * pair.RejectedAverage))));
    }
}
