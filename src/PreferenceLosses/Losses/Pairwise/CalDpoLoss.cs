using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Calibrated DPO: the logistic loss plus squared distances of the log-ratios from targets.</summary>
/// <remarks>
/// <para>ℓ = S(−ρ) + ½ (c_w − 1/(2β))² + ½ (c_l + 1/(2β))². Convex. The logistic part has no β.</para>
/// <para>
/// Xiao et al. 2024, arXiv 2412.14516. The paper's code averages the squares over the batch and adds that one number to
/// every pair; here each pair has its own, and the mean is the same.
/// </para>
/// </remarks>
public sealed record CalDpoLoss() : PairLoss("cal-dpo", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The targets are ±1/(2β) nats: ±5 at 0.1.");

    internal static LossEntry Entry { get; } = new(
        new CalDpoLoss(),
        new Paper("Cal-DPO: Calibrated Direct Preference Optimization for Language Model Alignment", "2412.14516", ""),
        "Logistic loss plus squared distances of the log-ratios from ±1/(2β).")
    {
        Formula = "S(−ρ) + ½(c_w − 1/(2β))² + ½(c_l + 1/(2β))²",
    };

    /// <summary>β: the targets are ±1/(2β); greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var target = 1 / (2 * β);
        return Softplus(-pair.LogRatioDifference)
            + (0.5 * Square(pair.ChosenLogRatio - target)) + (0.5 * Square(pair.RejectedLogRatio + target));
    }
}
