using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>DPO with a β that follows the batch: larger where its pairs are farther apart than usual.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−β̂ρ), β̂ = max(0.001, β(1 + α(mean ρ − μ))), not differentiated. μ is the scalar input <c>running_mean</c>: the
/// usual ρ, which <see cref="MovingMoments"/> keeps. The paper's selection of pairs is the batch's weights: a weight of 0
/// leaves a pair out of the mean too.
/// </para>
/// <para>Wu et al. 2024, arXiv 2407.08639.</para>
/// </remarks>
public sealed record BetaDpoLoss() : PairLoss("beta-dpo", β, α)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter α = new("alpha", "α", 0.6, Bounds.NonNegative, "0 is DPO, and the default of the paper's code.");

    internal static LossEntry Entry { get; } = new(
        new BetaDpoLoss(),
        new Paper("β-DPO: Direct Preference Optimization with Dynamic β", "2407.08639", ""),
        "DPO with a β that follows the batch's mean of ρ.")
    {
        Formula = "S(−β̂ρ), β̂ = max(0.001, β(1 + α(mean ρ − μ)))",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: how strongly β follows the batch; 0 or greater.</summary>
    /// <value>The default value is 0.6.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var ρ = pair.LogRatioDifference;
        var usual = Named("μ", Input(Columns.RunningMean, Shape.Scalar, differentiable: false));
        var current = Named("β̂", Maximum(β * (1 + (α * (StopGradient(Mean(ρ)) - usual))), 0.001));
        return Softplus(-(current * ρ));
    }
}
