using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>DPO-Shift: the rejected response counts less, so that the chosen one is held up.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−β(c_w − λc_l)). Convex. A schedule for λ is the trainer's: <c>loss with { Lambda = … }</c> compiles nothing.
/// </para>
/// <para>Yang et al. 2025, arXiv 2502.07599.</para>
/// </remarks>
public sealed record DpoShiftLoss() : PairLoss("dpo-shift", β, λ)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter λ = new("lambda", "λ", 0.75, new Bounds(0, false, 1, true), "The paper's code goes from 0.5 to 1; 1 is DPO.");

    internal static LossEntry Entry { get; } = new(
        new DpoShiftLoss(),
        new Paper("DPO-Shift: Shifting the Distribution of Direct Preference Optimization", "2502.07599", ""),
        "Logistic loss with the rejected log-ratio scaled down.")
    {
        Formula = "S(−β(c_w − λc_l))",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>λ: how much the rejected response counts; greater than 0, at most 1.</summary>
    /// <value>The default value is 0.75.</value>
    public double Lambda { get => this[λ]; init => this[λ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var z = Named("z", β * (pair.ChosenLogRatio - (λ * pair.RejectedLogRatio)));
        return Softplus(-z);
    }
}
