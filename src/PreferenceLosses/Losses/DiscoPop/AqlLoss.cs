using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Adaptive quantile loss: logistic for pairs below a moving threshold, hinge above it.</summary>
/// <remarks>
/// <para>ℓ = q S(−x) + (1 − q) max(0, 1 − x), q = σ(−(x/τ − m)), m = 0.5 + 0.01 (σ(mean(x/τ)) − 0.5), x = βρ.</para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414; this is the corrected code of the paper's repository. It is not the loss that earned the
/// published score: that one has β in front of the gate's bracket (<see cref="AqlGeneratedLoss"/>), and at β = τ = 0.05 this
/// gate is 20 times as steep. The printed equations are a third function (<see cref="AqlPrintedLoss"/>). Gradients flow through
/// the mean; kink at x = 1.
/// </para>
/// </remarks>
public sealed record AqlLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");
    private static readonly Parameter τ = new("tau", "τ", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new AqlLoss(), Paper.DiscoPop("appendix E"), "Logistic below a moving threshold, hinge above it.")
    {
        Formula = "q S(−x) + (1 − q) max(0, 1 − x), q = σ(m − x/τ), m = 0.5 + 0.01 (σ(mean x/τ) − 0.5)",
    };

    /// <summary>The loss at its defaults.</summary>
    public AqlLoss()
        : base("aql", β, τ)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>τ: the scale of the gate; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Tau { get => this[τ]; init => this[τ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        var u = x / τ;
        var m = Named("m", Threshold(Sigmoid(Mean(u))));
        return LogisticOrHinge(x, -(u - m));
    }

    /// <summary>The threshold, pulled from one half towards the batch's win rate.</summary>
    internal static Expr Threshold(Expr winRate) => 0.5 + (0.01 * (winRate - 0.5));

    /// <summary>q S(−x) + (1 − q) max(0, 1 − x) with q = σ(gate).</summary>
    internal static Expr LogisticOrHinge(Expr x, Expr gate) =>
        (Sigmoid(gate) * Softplus(-x)) + (Sigmoid(-gate) * Relu(1 - x));
}

/// <summary>AQL as the generated code that earned the published score: the gate follows ρ itself, scaled by β.</summary>
/// <remarks>
/// <para>ℓ = q S(−x) + (1 − q) max(0, 1 − x), q = σ(−β(ρ − m)), m = 0.5 + 0.01 (σ(mean ρ) − 0.5), x = βρ.</para>
/// <para>Lu et al. 2024, arXiv 2406.08414, appendix E (<c>adaptive_quantile_loss</c>).</para>
/// </remarks>
public sealed record AqlGeneratedLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new AqlGeneratedLoss(), Paper.DiscoPop("appendix E"), "AQL with the gate following ρ scaled by β, as generated.")
    {
        Formula = "q S(−x) + (1 − q) max(0, 1 − x), q = σ(β(m − ρ)), m = 0.5 + 0.01 (σ(mean ρ) − 0.5)",
        PublishedFitness = 7.953,
    };

    /// <summary>The loss at its defaults.</summary>
    public AqlGeneratedLoss()
        : base("aql-generated", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var ρ = pair.LogRatioDifference;
        var m = Named("m", AqlLoss.Threshold(Sigmoid(Mean(ρ))));
        return AqlLoss.LogisticOrHinge(Named("x", β * ρ), -(β * (ρ - m)));
    }
}

/// <summary>AQL as the paper prints it: the mean of sigmoids instead of the sigmoid of the mean, and β in front of the gate.</summary>
/// <remarks>
/// <para>ℓ = q S(−x) + (1 − q) max(0, 1 − x), q = σ(−β(x/τ − m)), m = 0.5 + 0.01 (mean σ(x/τ) − 0.5), x = βρ.</para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414, eq. 11–14, where x/τ is printed as ρ/τ with ρ standing for the argument βρ.
/// </para>
/// </remarks>
public sealed record AqlPrintedLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");
    private static readonly Parameter τ = new("tau", "τ", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new AqlPrintedLoss(), Paper.DiscoPop("eq. 11-14"), "AQL as printed: mean of sigmoids, β in front of the gate.")
    {
        Formula = "q S(−x) + (1 − q) max(0, 1 − x), q = σ(β(m − x/τ)), m = 0.5 + 0.01 (mean σ(x/τ) − 0.5)",
    };

    /// <summary>The loss at its defaults.</summary>
    public AqlPrintedLoss()
        : base("aql-printed", β, τ)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>τ: the scale of the gate; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Tau { get => this[τ]; init => this[τ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        var u = x / τ;
        var m = Named("m", AqlLoss.Threshold(Mean(Sigmoid(u))));
        return AqlLoss.LogisticOrHinge(x, -(β * (u - m)));
    }
}
