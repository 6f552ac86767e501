using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>DPO of a whole ranking: the Plackett–Luce likelihood of the order that the responses are given in, best first.</summary>
/// <remarks>
/// <para>
/// ℓ = Σ_k [ln Σ_{j ≥ k} e^(r_j) − r_k], r = β(log π − log π_ref). Convex; two responses give DPO, one response gives 0.
/// The order is the ranking, so there are no ties: break them, or leave one of the tied responses out by the mask.
/// </para>
/// <para>
/// Rafailov et al. 2023, arXiv 2305.18290, appendix A.3, as follows from the Plackett–Luce model: the probability of the
/// order is Π_k e^(r_k) / Σ_{j ≥ k} e^(r_j). The sums run in log space.
/// </para>
/// </remarks>
public sealed record PlackettLuceLoss() : RankedLoss("plackett-luce", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");

    internal static LossEntry Entry { get; } = new(
        new PlackettLuceLoss(),
        new Paper("Direct Preference Optimization: Your Language Model is Secretly a Reward Model", "2305.18290", "appendix A.3"),
        "Likelihood of a ranking, best response first.")
    {
        Formula = "Σ_k [ln Σ_(j ≥ k) e^(r_j) − r_k], r = βc",
        Aliases = ["pl-dpo"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override Expr Formula(ResponseInputs group)
    {
        var r = Named("r", β * group.LogRatio);

        // Only differences count; near 0, sums in log space have all their digits.
        var near = r - StopGradient(Max(r, Axis.Responses));
        return Sum(CumulativeLogSumExp(near, Axis.Responses, reverse: true) - near, Axis.Responses);
    }
}
