using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>DPO with an offset: the chosen response has to win by a margin that the pair brings along.</summary>
/// <remarks>
/// <para>ℓ = S(−(x − m)), x = βρ, m the column <c>margin</c>, in units of the reward βc. Convex.</para>
/// <para>
/// Amini et al. 2024, arXiv 2402.10571, where m is an increasing function of the difference of scores. A margin of 0 is
/// DPO.
/// </para>
/// </remarks>
public sealed record OdpoLoss() : PairLoss("odpo", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");

    internal static LossEntry Entry { get; } = new(
        new OdpoLoss(),
        new Paper("Direct Preference Optimization with an Offset", "2402.10571", ""),
        "Logistic loss with a margin of the pair's own.")
    {
        Formula = "S(−(x − m))",
        Aliases = ["offset-dpo", "margin-dpo"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Softplus(-(x - pair.Margin));
    }
}
