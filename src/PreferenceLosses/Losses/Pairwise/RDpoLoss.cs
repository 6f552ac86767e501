using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Length-regularised DPO: a longer chosen response counts as an easier win.</summary>
/// <remarks>
/// <para>ℓ = S(−z), z = βρ + α(|y_w| − |y_l|). Convex.</para>
/// <para>
/// Park et al. 2024, arXiv 2403.19159. The sign follows from its objective: the best policy for the reward r − α|y| has r
/// = β ln(π/π_ref) + α|y| + const, so that the difference of lengths is added. With α = 0 it is DPO.
/// </para>
/// </remarks>
public sealed record RDpoLoss() : PairLoss("r-dpo", β, α)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter α = new("alpha", "α", 0.01, Bounds.Finite, "Positive values favour shorter responses, which is the paper's sign; some code subtracts, and needs the opposite value.");

    internal static LossEntry Entry { get; } = new(
        new RDpoLoss(),
        new Paper("Disentangling Length from Quality in Direct Preference Optimization", "2403.19159", ""),
        "DPO with a penalty for length.")
    {
        Formula = "S(−(x + α(|y_w| − |y_l|)))",
        Aliases = ["length-regularized-dpo"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: what a token of difference in length adds to the logit; positive values favour shorter responses.</summary>
    /// <value>The default value is 0.01.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var z = Named("z", (β * pair.LogRatioDifference) + (α * (pair.ChosenLength - pair.RejectedLength)));
        return Softplus(-z);
    }
}
