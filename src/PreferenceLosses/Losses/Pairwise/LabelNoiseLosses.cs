using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Conservative DPO: the logistic loss with smoothed labels.</summary>
/// <remarks>
/// <para>
/// ℓ = (1 − ε) S(−x) + ε S(x), x = βρ. Convex; smallest at x = ln((1 − ε)/ε), so that it stops pushing sure pairs apart.
/// </para>
/// <para>
/// After Mitchell 2023; Chowdhury et al. 2024, arXiv 2403.00409, compare it with the robust loss. TRL's <c>sigmoid</c> no
/// longer has label smoothing, so this has no TRL name.
/// </para>
/// </remarks>
public sealed record CdpoLoss() : PairLoss("cdpo", β, ε)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter ε = new("label_smoothing", "ε", 0.1, new Bounds(0, true, 0.5, false), "The share of wrong labels that is expected; 0 is DPO.");

    internal static LossEntry Entry { get; } = new(
        new CdpoLoss(),
        new Paper("Provably Robust DPO: Aligning Language Models with Noisy Feedback", "2403.00409", ""),
        "Logistic loss with smoothed labels.")
    {
        Formula = "(1 − ε) S(−x) + ε S(x)",
        Aliases = ["conservative-dpo"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>ε: the assumed share of pairs whose labels are exchanged; from 0 to below 0.5.</summary>
    /// <value>The default value is 0.1.</value>
    public double LabelSmoothing { get => this[ε]; init => this[ε] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return ((1 - ε) * Softplus(-x)) + (ε * Softplus(x));
    }
}

/// <summary>Robust DPO: an unbiased estimate of the DPO loss under exchanged labels.</summary>
/// <remarks>
/// <para>
/// ℓ = ((1 − ε) S(−x) − ε S(x)) / (1 − 2ε), x = βρ. With S(x) = S(−x) + x this is S(−x) − ε/(1 − 2ε) x, which is how it
/// is computed. Convex, never rising with ρ, and unbounded below.
/// </para>
/// <para>Chowdhury et al. 2024, arXiv 2403.00409.</para>
/// </remarks>
public sealed record RobustLoss() : PairLoss("robust", β, ε)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "As for DPO.");
    private static readonly Parameter ε = new("label_smoothing", "ε", 0.1, new Bounds(0, true, 0.5, false), "The paper uses 0.1; at 0.5 the loss has no meaning.");

    internal static LossEntry Entry { get; } = new(
        new RobustLoss(),
        new Paper("Provably Robust DPO: Aligning Language Models with Noisy Feedback", "2403.00409", ""),
        "DPO corrected for a known share of exchanged labels; unbounded below.")
    {
        Formula = "((1 − ε) S(−x) − ε S(x)) / (1 − 2ε)",
        Aliases = ["robust-dpo"],
        TrlLossType = "robust",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>ε: the assumed share of pairs whose labels are exchanged; from 0 to below 0.5.</summary>
    /// <value>The default value is 0.1.</value>
    public double LabelSmoothing { get => this[ε]; init => this[ε] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Softplus(-x) - (ε / (1 - (2 * ε)) * x);
    }
}
