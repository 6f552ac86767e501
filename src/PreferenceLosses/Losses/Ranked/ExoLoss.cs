using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Efficient exact optimization of K scored responses: the reverse KL divergence from the softmax of the scores.</summary>
/// <remarks>
/// <para>
/// ℓ = Σ_i p_i (ln p_i − ln q_i), p = softmax(βc), q = softmax(score/β_r), over the group's valid responses. Not convex,
/// 0 where both agree; a group of one response gives 0.
/// </para>
/// <para>Ji et al. 2024, arXiv 2402.00856. Two responses with smoothed labels are <see cref="ExoPairLoss"/>.</para>
/// </remarks>
public sealed record ExoLoss() : RankedLoss("exo", β, β_r)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper's β_π, 1 in its code.");
    private static readonly Parameter β_r = new("reward_beta", "β_r", 1, Bounds.Positive, "The paper's β_r, 1 in its code.");

    internal static LossEntry Entry { get; } = new(
        new ExoLoss(),
        new Paper("Towards Efficient Exact Optimization of Language Model Alignment", "2402.00856", ""),
        "Reverse KL divergence of the rewards' softmax from the scores'.")
    {
        Formula = "Σ_i p_i (ln p_i − ln q_i), p = softmax(βc), q = softmax(score/β_r)",
    };

    /// <summary>β, the paper's β_π: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>β_r: the temperature of the scores; greater than 0.</summary>
    /// <value>The default value is 1.</value>
    public double RewardBeta { get => this[β_r]; init => this[β_r] = value; }

    /// <inheritdoc/>
    protected override Expr Formula(ResponseInputs group)
    {
        var r = Named("r", β * group.LogRatio);
        var policy = r - LogSumExp(r, Axis.Responses);
        var wanted = group.Score / β_r;
        return Sum(Exp(policy) * (policy - (wanted - LogSumExp(wanted, Axis.Responses))), Axis.Responses);
    }
}
