using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Simple preference optimization: average log-probabilities as rewards, and a target margin.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−(β(a_w − a_l) − γ)), a = log π(y)/|y|. Convex. γ is not multiplied by β; the paper's code is parametrised by
/// γ/β.
/// </para>
/// <para>
/// Meng et al. 2024, arXiv 2405.14734. Libraries disagree on the defaults; TRL's <c>simpo</c> has a likelihood term
/// beside it unless <c>cpo_alpha</c> is 0.
/// </para>
/// </remarks>
public sealed record SimPoLoss() : PairLoss("simpo", β, γ)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default; the paper uses 2 to 2.5.");
    private static readonly Parameter γ = new("gamma", "γ", 0.5, Bounds.Finite, "TRL's default; the paper's repository has γ = 0.25β.");

    internal static LossEntry Entry { get; } = new(
        new SimPoLoss(),
        new Paper("SimPO: Simple Preference Optimization with a Reference-Free Reward", "2405.14734", ""),
        "Logistic loss of the difference of average log-probabilities, with a margin.")
    {
        Formula = "S(−(β(a_w − a_l) − γ)), a = log π(y)/|y|",
        TrlLossType = "simpo",
        TrlTrainer = "CPOTrainer",
    };

    /// <summary>β: the scale of the average log-probabilities; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>γ: the target margin, not multiplied by β.</summary>
    /// <value>The default value is 0.5.</value>
    public double Gamma { get => this[γ]; init => this[γ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var z = Named("z", (β * (pair.ChosenAverage - pair.RejectedAverage)) - γ);
        return Softplus(-z);
    }

    /// <inheritdoc/>
    protected override ImplicitRewards Rewards(PairInputs pair, bool usesReference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return new(β * pair.ChosenAverage, β * pair.RejectedAverage);
    }
}
