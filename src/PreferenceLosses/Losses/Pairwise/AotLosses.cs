using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Alignment via optimal transport: the policy's margins against the reference's of the same rank in the batch.</summary>
/// <remarks>
/// <para>
/// ℓᵢ = (1 − ε) S(−βΔᵢ) + ε S(βΔᵢ), Δᵢ = dᵢ − e₍ᵢ₎, where d are the policy's margins, e the reference's, and e₍ᵢ₎ has the
/// rank in the batch that dᵢ has.
/// </para>
/// <para>
/// Melnyk et al. 2024, arXiv 2406.05882, for paired data. TRL sorts both and returns the losses in that order; here each
/// stays with the pair of its d, so that weights mean what they say. The mean is the same. Equal margins keep their
/// order, and the gradient goes through the permutation.
/// </para>
/// </remarks>
public sealed record AotLoss() : PairLoss("aot", β, ε)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default is 0.1.");
    private static readonly Parameter ε = new("label_smoothing", "ε", 0, new Bounds(0, true, 0.5, false), "0 is no smoothing; TRL has the same default.");

    internal static LossEntry Entry { get; } = new(
        new AotLoss(),
        new Paper("Distributional Preference Alignment of LLMs via Optimal Transport", "2406.05882", ""),
        "Logistic loss of each policy margin against the reference margin of the same rank.")
    {
        Formula = "(1 − ε) S(−βΔ) + ε S(βΔ), Δ of sorted margins",
        TrlLossType = "aot",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>ε: the assumed share of pairs whose labels are exchanged; from 0 to below 0.5.</summary>
    /// <value>The default value is 0.</value>
    public double LabelSmoothing { get => this[ε]; init => this[ε] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var policy = Named("d", pair.PolicyChosen - pair.PolicyRejected);
        var reference = Named("e", pair.ReferenceChosen - pair.ReferenceRejected);
        return ByRank(policy, reference, β, ε);
    }

    /// <summary>The smoothed logistic loss of each value against that of the same rank.</summary>
    internal static Expr ByRank(Expr values, Expr others, Expr β, Expr ε)
    {
        var x = Named("x", β * (values - UnsortBy(Sort(others), key: values)));
        return ((1 - ε) * Softplus(-x)) + (ε * Softplus(x));
    }
}

/// <summary>Alignment via optimal transport for unpaired data: chosen against rejected log-ratios of the same rank in the batch.</summary>
/// <remarks>
/// <para>
/// ℓᵢ = (1 − ε) S(−βΔᵢ) + ε S(βΔᵢ), Δᵢ = c_wᵢ − c_l₍ᵢ₎, where c_l₍ᵢ₎ has the rank among the rejected that c_wᵢ has among
/// the chosen: who stood in one pair does not matter.
/// </para>
/// <para>
/// Melnyk et al. 2024, arXiv 2406.05882. The order of the losses is that of the chosen responses, not TRL's sorted one.
/// </para>
/// </remarks>
public sealed record AotUnpairedLoss() : PairLoss("aot-unpaired", β, ε)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default is 0.1.");
    private static readonly Parameter ε = new("label_smoothing", "ε", 0, new Bounds(0, true, 0.5, false), "0 is no smoothing; TRL has the same default.");

    internal static LossEntry Entry { get; } = new(
        new AotUnpairedLoss(),
        new Paper("Distributional Preference Alignment of LLMs via Optimal Transport", "2406.05882", ""),
        "Logistic loss of each chosen log-ratio against the rejected one of the same rank.")
    {
        Formula = "(1 − ε) S(−βΔ) + ε S(βΔ), Δ of sorted c_w and c_l",
        TrlLossType = "aot_unpaired",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>ε: the assumed share of pairs whose labels are exchanged; from 0 to below 0.5.</summary>
    /// <value>The default value is 0.</value>
    public double LabelSmoothing { get => this[ε]; init => this[ε] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => AotLoss.ByRank(pair.ChosenLogRatio, pair.RejectedLogRatio, β, ε);
}
