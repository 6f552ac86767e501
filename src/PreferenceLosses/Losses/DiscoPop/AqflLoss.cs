using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Adaptive quantile feedback loss: logistic far from a moving quantile of the batch, half logistic and half hinge at it.</summary>
/// <remarks>
/// <para>
/// ℓ = r S(−x) + (1 − r) max(0, 1 − x), r = σ(0.1 |u − a|), a = a₀ + 0.05 (σ(mean u) − a₀), a₀ = std(u) · mean σ(−u),
/// u = x/τ, x = βρ.
/// </para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414; this is the corrected code of the paper's repository. The printed equations differ
/// (<see cref="AqflPrintedLoss"/>). The standard deviation is unbiased, so two rows are needed; gradients flow through all
/// statistics, and that of the deviation is 0 where it is 0. Kinks at u = a and x = 1.
/// </para>
/// </remarks>
public sealed record AqflLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");
    private static readonly Parameter τ = new("tau", "τ", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new AqflLoss(), Paper.DiscoPop("appendix E"), "Logistic far from a moving quantile of the batch, with hinge mixed in near it.")
    {
        Formula = "r S(−x) + (1 − r) max(0, 1 − x), r = σ(0.1 |u − a|), a = a₀ + 0.05 (σ(mean u) − a₀), a₀ = std(u) mean σ(−u), u = x/τ",
    };

    /// <summary>The loss at its defaults.</summary>
    public AqflLoss()
        : base("aqfl", β, τ)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>τ: the scale of the statistics; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Tau { get => this[τ]; init => this[τ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Feedback(x, u: x / τ);
    }

    /// <summary>The loss with its statistics taken of u.</summary>
    internal static Expr Feedback(Expr x, Expr u)
    {
        var start = StandardDeviation(u) * Mean(Sigmoid(-u));
        var quantile = Named("a", start + (0.05 * (Sigmoid(Mean(u)) - start)));
        return ByDistance(x, u, quantile);
    }

    /// <summary>r S(−x) + (1 − r) max(0, 1 − x) with r = σ(0.1 |u − quantile|).</summary>
    internal static Expr ByDistance(Expr x, Expr u, Expr quantile) =>
        AqlLoss.LogisticOrHinge(x, gate: 0.1 * Abs(u - quantile));
}

/// <summary>AQFL as the generated code that earned the published score: statistics of ρ itself.</summary>
/// <remarks>
/// <para>As <see cref="AqflLoss"/> with u = ρ; the same where β = τ.</para>
/// <para>Lu et al. 2024, arXiv 2406.08414, appendix E (<c>adaptive_quantile_feedback_loss</c>). Needs two rows.</para>
/// </remarks>
public sealed record AqflGeneratedLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new AqflGeneratedLoss(), Paper.DiscoPop("appendix E"), "AQFL with statistics of ρ itself, as generated.")
    {
        Formula = "r S(−x) + (1 − r) max(0, 1 − x), r = σ(0.1 |ρ − a|), a = a₀ + 0.05 (σ(mean ρ) − a₀), a₀ = std(ρ) mean σ(−ρ)",
        PublishedFitness = 7.931,
    };

    /// <summary>The loss at its defaults.</summary>
    public AqflGeneratedLoss()
        : base("aqfl-generated", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var ρ = pair.LogRatioDifference;
        return AqflLoss.Feedback(Named("x", β * ρ), u: ρ);
    }
}

/// <summary>AQFL as the paper prints it: a variance where the code has a standard deviation, and the start inside the sigmoid.</summary>
/// <remarks>
/// <para>As <see cref="AqflLoss"/> with a = a₀ + 0.05 σ(mean u − a₀) and a₀ = Var(u) · mean σ(−u).</para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414, eq. 20–25. Both differences are probably misprints; the entry is here so that nobody has
/// to wonder which one they have.
/// </para>
/// </remarks>
public sealed record AqflPrintedLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");
    private static readonly Parameter τ = new("tau", "τ", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new AqflPrintedLoss(), Paper.DiscoPop("eq. 20-25"), "AQFL as printed: variance for deviation, the start inside the sigmoid.")
    {
        Formula = "r S(−x) + (1 − r) max(0, 1 − x), r = σ(0.1 |u − a|), a = a₀ + 0.05 σ(mean u − a₀), a₀ = Var(u) mean σ(−u), u = x/τ",
    };

    /// <summary>The loss at its defaults.</summary>
    public AqflPrintedLoss()
        : base("aqfl-printed", β, τ)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>τ: the scale of the statistics; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Tau { get => this[τ]; init => this[τ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        var u = x / τ;
        var start = Variance(u) * Mean(Sigmoid(-u));
        var quantile = Named("a", start + (0.05 * Sigmoid(Mean(u) - start)));
        return AqflLoss.ByDistance(x, u, quantile);
    }
}
