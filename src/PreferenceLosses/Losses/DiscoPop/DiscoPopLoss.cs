using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>DiscoPOP, also called LRML (log-ratio modulated loss): the logistic loss, blended into the exponential one as ρ grows.</summary>
/// <remarks>
/// <para>ℓ = (1 − m) S(−x) + m e^(−x), m = σ(x/τ), x = βρ, S = softplus.</para>
/// <para>
/// Smooth, not convex. At τ = 0.05 the slope at ρ = 0 is positive, so training starts by moving ρ down, towards a local minimum
/// at x ≈ −0.119; the slope at 0 is negative for τ above (1 − ln 2)/3 ≈ 0.102, and the loss is monotone for τ above ≈ 0.110.
/// </para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414, eq. 4, as TRL and Liger have it. The product σ(x/τ)·e^(−x) is taken in log space: the two
/// factors on their own give 0·∞ = NaN for x below −88.7 in single precision, where the loss is about −x.
/// </para>
/// </remarks>
public sealed record DiscoPopLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");
    private static readonly Parameter τ = new("tau", "τ", 0.05, Bounds.Positive, "The paper uses 0.05; above 0.11 the loss is monotone.");

    internal static LossEntry Entry { get; } = new(new DiscoPopLoss(), Paper.DiscoPop("eq. 4"), "Logistic, blended into exponential as the log-ratio difference grows.")
    {
        Formula = "(1 − m) S(−x) + m e^(−x), m = σ(x/τ)",
        Aliases = ["lrml"], TrlLossType = "discopop",
    };

    /// <summary>The loss at its defaults.</summary>
    public DiscoPopLoss()
        : base("discopop", β, τ)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>τ: the temperature of the blend; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Tau { get => this[τ]; init => this[τ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Blend(x, gate: x / τ);
    }

    /// <summary>(1 − σ(gate)) S(−x) + σ(gate) e^(−x).</summary>
    internal static Expr Blend(Expr x, Expr gate) =>
        (Sigmoid(-gate) * Softplus(-x))         // 1 − σ(z) is written σ(−z)
        + Exp(LogSigmoid(gate) - x);            // σ(z)·e^(−x) in log space
}

/// <summary>DiscoPOP as the code that the language model wrote and that earned the published score: the blend follows ρ itself.</summary>
/// <remarks>
/// <para>ℓ = (1 − m) S(−x) + m e^(−x), m = σ(ρ), x = βρ. The same as <see cref="DiscoPopLoss"/> where β = τ.</para>
/// <para>Lu et al. 2024, arXiv 2406.08414, appendix E (<c>log_ratio_modulated_loss</c>).</para>
/// </remarks>
public sealed record DiscoPopGeneratedLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new DiscoPopGeneratedLoss(), Paper.DiscoPop("appendix E"), "DiscoPOP with the blend following ρ itself, as generated.")
    {
        Formula = "(1 − m) S(−x) + m e^(−x), m = σ(ρ)",
        PublishedFitness = 7.916,
    };

    /// <summary>The loss at its defaults.</summary>
    public DiscoPopGeneratedLoss()
        : base("discopop-generated", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var ρ = pair.LogRatioDifference;
        return DiscoPopLoss.Blend(Named("x", β * ρ), gate: ρ);
    }
}
