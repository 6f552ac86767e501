using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>DPO-Positive: DPO that also holds the chosen response above the reference.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−β(ρ − λ max(0, −c_w))). Convex in the policy's log-probabilities; kink at c_w = 0, which is where training
/// starts.
/// </para>
/// <para>
/// Pal et al. 2024 (Smaug), arXiv 2402.13228. The formula is that of the definition; no code of the authors exists.
/// </para>
/// </remarks>
public sealed record DpopLoss() : PairLoss("dpop", β, λ)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter λ = new("lambda", "λ", 50, Bounds.NonNegative, "0 is DPO.");

    internal static LossEntry Entry { get; } = new(
        new DpopLoss(),
        new Paper("Smaug: Fixing Failure Modes of Preference Optimisation with DPO-Positive", "2402.13228", ""),
        "DPO with a penalty where the chosen response falls below the reference.")
    {
        Formula = "S(−β(ρ − λ max(0, −c_w)))",
        Aliases = ["dpo-positive", "smaug"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>λ: the price of a chosen response that became less likely than under the reference; 0 or greater.</summary>
    /// <value>The default value is 50.</value>
    public double Lambda { get => this[λ]; init => this[λ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var z = Named("z", β * (pair.LogRatioDifference - (λ * Relu(-pair.ChosenLogRatio))));
        return Softplus(-z);
    }
}
