using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Self-play preference optimization with hard labels: each log-ratio has a target of its own.</summary>
/// <remarks>
/// <para>ℓ = (c_w − 1/(2β))² + (c_l + 1/(2β))². Convex, and not a function of ρ.</para>
/// <para>Wu et al. 2024, arXiv 2405.00675. The paper's code has half of this; TRL's <c>sppo_hard</c> has it whole.</para>
/// </remarks>
public sealed record SppoHardLoss() : PairLoss("sppo-hard", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The targets are ±1/(2β) nats: ±5 at 0.1, ±500 at the paper's 0.001.");

    internal static LossEntry Entry { get; } = new(
        new SppoHardLoss(),
        new Paper("Self-Play Preference Optimization for Language Model Alignment", "2405.00675", ""),
        "Squared distances of the two log-ratios from 1/(2β) and −1/(2β).")
    {
        Formula = "(c_w − 1/(2β))² + (c_l + 1/(2β))²",
        TrlLossType = "sppo_hard",
    };

    /// <summary>β, the paper's 1/η: the targets are ±1/(2β); greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) =>
        Square(pair.ChosenLogRatio - (1 / (2 * β))) + Square(pair.RejectedLogRatio + (1 / (2 * β)));
}

/// <summary>Self-play preference optimization with estimated probabilities of winning.</summary>
/// <remarks>
/// <para>
/// ℓ = (c_w − (P_w − ½)/β)² + (c_l − (P_l − ½)/β)², where P_w and P_l (the columns <c>chosen_score</c> and
/// <c>rejected_score</c>) are the estimated probabilities, from 0 to 1, that each response beats one of the policy's own.
/// With P_w = 1 and P_l = 0 it is <see cref="SppoHardLoss"/>.
/// </para>
/// <para>Wu et al. 2024, arXiv 2405.00675.</para>
/// </remarks>
public sealed record SppoLoss() : PairLoss("sppo", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.001.");

    internal static LossEntry Entry { get; } = new(
        new SppoLoss(),
        new Paper("Self-Play Preference Optimization for Language Model Alignment", "2405.00675", ""),
        "Squared distances of the two log-ratios from what their probabilities of winning imply.")
    {
        Formula = "(c_w − (P_w − ½)/β)² + (c_l − (P_l − ½)/β)²",
        Aliases = ["sppo-soft"],
    };

    /// <summary>β, the paper's 1/η; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) =>
        Square(pair.ChosenLogRatio - ((pair.ChosenScore - 0.5) / β)) + Square(pair.RejectedLogRatio - ((pair.RejectedScore - 0.5) / β));
}
