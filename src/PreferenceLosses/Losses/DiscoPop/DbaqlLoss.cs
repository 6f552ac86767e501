using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Dynamic blended adaptive quantile loss: logistic and exponential, blended by the variance over the batch.</summary>
/// <remarks>
/// <para>ℓ = c S(−x/T) + (1 − c) e^(−T x), c = σ(Var(x/τ)), x = βρ, T = 0.9; Var is unbiased, and gradients flow through it.</para>
/// <para>
/// The blend is at least one half logistic, and practically all of it once the variance exceeds 10. Despite the name there is
/// no quantile: the generated code computes one and never uses it. The temperature divides in one term and multiplies in the
/// other; that is as published.
/// </para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414, eq. 9. Needs two rows. (1 − c)·e^(−T x) is taken in log space, where it does not become 0·∞.
/// </para>
/// </remarks>
public sealed record DbaqlLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");
    private static readonly Parameter τ = new("tau", "τ", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new DbaqlLoss(), Paper.DiscoPop("eq. 9"), "Logistic and exponential, blended by the variance over the batch.")
    {
        Formula = "c S(−x/0.9) + (1 − c) e^(−0.9x), c = σ(Var(x/τ))",
    };

    /// <summary>The loss at its defaults.</summary>
    public DbaqlLoss()
        : base("dbaql", β, τ)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>τ: the scale of the variance; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Tau { get => this[τ]; init => this[τ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Blend(x, Named("v", Variance(x / τ)));
    }

    /// <summary>σ(v) S(−x/T) + (1 − σ(v)) e^(−T x).</summary>
    internal static Expr Blend(Expr x, Expr variance)
    {
        const double temperature = 0.9;
        return (Sigmoid(variance) * Softplus(-(x / temperature)))
            + Exp(LogSigmoid(-variance) - (temperature * x));
    }
}

/// <summary>DBAQL as the generated code that earned the published score: the variance is that of ρ itself.</summary>
/// <remarks>
/// <para>ℓ = c S(−x/T) + (1 − c) e^(−T x), c = σ(Var(ρ)), x = βρ, T = 0.9. The same as <see cref="DbaqlLoss"/> where β = τ.</para>
/// <para>Lu et al. 2024, arXiv 2406.08414, appendix E (<c>dynamic_blended_adaptive_quantile_loss</c>). Needs two rows.</para>
/// </remarks>
public sealed record DbaqlGeneratedLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new DbaqlGeneratedLoss(), Paper.DiscoPop("appendix E"), "DBAQL with the variance of ρ itself, as generated.")
    {
        Formula = "c S(−x/0.9) + (1 − c) e^(−0.9x), c = σ(Var ρ)",
        PublishedFitness = 7.978,
    };

    /// <summary>The loss at its defaults.</summary>
    public DbaqlGeneratedLoss()
        : base("dbaql-generated", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var ρ = pair.LogRatioDifference;
        return DbaqlLoss.Blend(Named("x", β * ρ), Named("v", Variance(ρ)));
    }
}
