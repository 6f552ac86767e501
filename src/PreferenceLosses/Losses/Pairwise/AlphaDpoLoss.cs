using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>α-DPO: SimPO with a margin that follows how far the policy is from the reference.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−β(a_w − a_l − sg[γ/β + α(ρ̄ − μ)/s])), a the average log-probability, ρ̄ the difference of average log-ratios,
/// μ and s the scalar inputs <c>running_mean</c> and <c>running_deviation</c> of ρ̄, which <see cref="MovingMoments"/>
/// keeps. Nothing in the margin is differentiated.
/// </para>
/// <para>Wu et al. 2024, arXiv 2410.10148, on averages per token as its code trains.</para>
/// </remarks>
public sealed record AlphaDpoLoss() : PairLoss("alpha-dpo", β, α, γ)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "Averages per token are small: SimPO's range, 2 to 10, is usual.");
    private static readonly Parameter α = new("alpha", "α", 0.05, Bounds.NonNegative, "0 is SimPO.");
    private static readonly Parameter γ = new("gamma", "γ", 0.5, Bounds.Finite, "SimPO's margin.");

    internal static LossEntry Entry { get; } = new(
        new AlphaDpoLoss(),
        new Paper("α-DPO: Adaptive Reward Margin is What Direct Preference Optimization Needs", "2410.10148", ""),
        "SimPO with a margin that follows the distance from the reference.")
    {
        Formula = "S(−β(a_w − a_l − sg[γ/β + α(ρ̄ − μ)/s]))",
    };

    /// <summary>β: the scale of the average log-probabilities; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: how strongly the margin follows the reference; 0 or greater.</summary>
    /// <value>The default value is 0.05.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <summary>γ: the target margin, not multiplied by β.</summary>
    /// <value>The default value is 0.5.</value>
    public double Gamma { get => this[γ]; init => this[γ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var usual = Named("μ", Input(Columns.RunningMean, Shape.Scalar, differentiable: false));
        var deviation = Named("s", Input(Columns.RunningDeviation, Shape.Scalar, differentiable: false));
        var standardized = (pair.AverageLogRatioDifference - usual) / deviation;
        var margin = Named("margin", StopGradient((γ / β) + (α * standardized)));
        return Softplus(-(β * (pair.ChosenAverage - pair.RejectedAverage - margin)));
    }

    /// <inheritdoc/>
    /// <remarks>The averages that are compared; the reference only sets the margin.</remarks>
    protected override ImplicitRewards Rewards(PairInputs pair, bool usesReference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return new(β * pair.ChosenAverage, β * pair.RejectedAverage);
    }
}
