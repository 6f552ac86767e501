using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>DPO regularised by the forward KL divergence.</summary>
/// <remarks>
/// <para>ℓ = S(−βΔ), Δ = e^(−c_l) − e^(−c_w).</para>
/// <para>
/// Wang et al. 2024, arXiv 2309.16240. The logistic loss with another divergence; for other losses of ρ see <see
/// cref="DifferenceModifiers"/>. Not convex in the log-probabilities.
/// </para>
/// </remarks>
public sealed record ForwardKlDpoLoss() : PairLoss("f-dpo-forward-kl", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");

    internal static LossEntry Entry { get; } = new(
        new ForwardKlDpoLoss(),
        new Paper("Beyond Reverse KL: Generalizing Direct Preference Optimization with Diverse Divergence Constraints", "2309.16240", "table 1"),
        "Logistic loss with the link of the forward KL divergence.")
    {
        Formula = "S(−β(e^(−c_l) − e^(−c_w)))",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var βΔ = Named("βΔ", StableForms.ExponentialDifference(-pair.RejectedLogRatio, -pair.ChosenLogRatio, β));
        return Softplus(-βΔ);
    }
}

/// <summary>DPO regularised by the Jensen–Shannon divergence.</summary>
/// <remarks>
/// <para>ℓ = S(−βΔ), Δ = ln σ(c_w) − ln σ(c_l).</para>
/// <para>
/// Wang et al. 2024, arXiv 2309.16240. The logistic loss with another divergence; for other losses of ρ see <see
/// cref="DifferenceModifiers"/>. Not convex in the log-probabilities.
/// </para>
/// </remarks>
public sealed record JensenShannonDpoLoss() : PairLoss("f-dpo-js", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");

    internal static LossEntry Entry { get; } = new(
        new JensenShannonDpoLoss(),
        new Paper("Beyond Reverse KL: Generalizing Direct Preference Optimization with Diverse Divergence Constraints", "2309.16240", "table 1"),
        "Logistic loss with the link of the Jensen–Shannon divergence.")
    {
        Formula = "S(−β(ln σ(c_w) − ln σ(c_l)))",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var Δ = Named("Δ", LogSigmoid(pair.ChosenLogRatio) - LogSigmoid(pair.RejectedLogRatio));
        return Softplus(-(β * Δ));
    }
}

/// <summary>DPO regularised by an α-divergence.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−βΔ), Δ = (e^(−(1−α)c_l) − e^(−(1−α)c_w)) / (1 − α): the convention of TRL since 2026, t^(α−1); its older
/// versions had u^(−α).
/// </para>
/// <para>
/// Wang et al. 2024, arXiv 2309.16240. The logistic loss with another divergence; for other losses of ρ see <see
/// cref="DifferenceModifiers"/>. Not convex in the log-probabilities.
/// </para>
/// </remarks>
public sealed record AlphaDivergenceDpoLoss() : PairLoss("f-dpo-alpha", β, α)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter α = new("alpha", "α", 0.5, new Bounds(0, true, 1, false), "TRL's default is 0.5; 0 is the forward KL divergence, and DPO is the limit at 1.");

    internal static LossEntry Entry { get; } = new(
        new AlphaDivergenceDpoLoss(),
        new Paper("Beyond Reverse KL: Generalizing Direct Preference Optimization with Diverse Divergence Constraints", "2309.16240", "table 1"),
        "Logistic loss with the link of an α-divergence.")
    {
        Formula = "S(−β(e^(−(1−α)c_l) − e^(−(1−α)c_w))/(1 − α))",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: the order of the divergence; from 0 to below 1.</summary>
    /// <value>The default value is 0.5.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var βΔ = Named("βΔ", StableForms.ExponentialDifference(-((1 - α) * pair.RejectedLogRatio), -((1 - α) * pair.ChosenLogRatio), β / (1 - α)));
        return Softplus(-βΔ);
    }
}
