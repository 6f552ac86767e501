using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Kahneman–Tversky optimization of unpaired examples.</summary>
/// <remarks>
/// <para>
/// Desirable: λ_D (1 − σ(β(c − z₀))); undesirable: λ_U (1 − σ(β(z₀ − c))), c the log-ratio of the example, z₀ = max(0,
/// kl). The scalar input <c>kl</c> estimates the divergence of the policy from the reference (<see cref="KtoBaseline"/>)
/// and is not differentiated. Bounded, not convex.
/// </para>
/// <para>
/// Ethayarajh et al. 2024, arXiv 2402.01306. Losses and gradients are in the order of the input; TRL returns the
/// desirable ones first. A batch without desirable (or without undesirable) examples is the mean over those that there
/// are.
/// </para>
/// </remarks>
public sealed record KtoLoss() : UnpairedLoss("kto", β, λ_D, λ_U)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.1.");
    private static readonly Parameter λ_D = new("desirable_weight", "λ_D", 1, Bounds.NonNegative, "The paper keeps the ratio of weight times number of examples of the two classes between 1 and 4/3.");
    private static readonly Parameter λ_U = new("undesirable_weight", "λ_U", 1, Bounds.NonNegative, "The paper keeps the ratio of weight times number of examples of the two classes between 1 and 4/3.");

    internal static LossEntry Entry { get; } = new(
        new KtoLoss(),
        new Paper("KTO: Model Alignment as Prospect Theoretic Optimization", "2402.01306", ""),
        "Each example against a baseline, desirable ones upwards, with weights per class.")
    {
        Formula = "desirable: λ_D (1 − σ(β(c − z₀))); undesirable: λ_U (1 − σ(β(z₀ − c))); z₀ = max(0, kl)",
        TrlLossType = "kto",
        TrlTrainer = "KTOTrainer",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>λ_D: the weight of desirable examples; 0 or greater.</summary>
    /// <value>The default value is 1.</value>
    public double DesirableWeight { get => this[λ_D]; init => this[λ_D] = value; }

    /// <summary>λ_U: the weight of undesirable examples; 0 or greater.</summary>
    /// <value>The default value is 1.</value>
    public double UndesirableWeight { get => this[λ_U]; init => this[λ_U] = value; }

    /// <inheritdoc/>
    protected override Expr Formula(ExampleInputs example)
    {
        var baseline = Named("z₀", Maximum(Input(Columns.Kl, Shape.Scalar, differentiable: false), 0));
        var z = Named("z", β * (example.LogRatio - baseline));
        return Where(example.IsDesirable, λ_D * Sigmoid(-z), λ_U * Sigmoid(z));
    }
}
