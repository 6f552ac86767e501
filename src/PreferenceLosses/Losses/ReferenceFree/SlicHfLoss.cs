using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Sequence likelihood calibration from human feedback, in the paper's own form: no reference, a margin in nats.</summary>
/// <remarks>
/// <para>
/// ℓ = max(0, δ − log π(y_w) + log π(y_l)) − λ log π(y_w), on summed log-probabilities. Convex; kink at the margin.
/// </para>
/// <para>
/// Zhao et al. 2023, arXiv 2305.10425, with the chosen response as the target of the regularisation. TRL's <c>hinge</c>
/// is another loss, <see cref="SlicLoss"/>.
/// </para>
/// </remarks>
public sealed record SlicHfLoss() : PairLoss("slic-hf", δ, λ)
{
    private static readonly Parameter δ = new("delta", "δ", 1, Bounds.NonNegative, "HALOs uses 1.");
    private static readonly Parameter λ = new("lambda", "λ", 0.1, Bounds.NonNegative, "HALOs uses 0.1; 0 leaves the likelihood out.");

    internal static LossEntry Entry { get; } = new(
        new SlicHfLoss(),
        new Paper("SLiC-HF: Sequence Likelihood Calibration with Human Feedback", "2305.10425", ""),
        "Hinge loss without a reference, plus the likelihood of the chosen response.")
    {
        Formula = "max(0, δ − log π(y_w) + log π(y_l)) − λ log π(y_w)",
    };

    /// <summary>δ: the margin in nats; 0 or greater.</summary>
    /// <value>The default value is 1.</value>
    public double Delta { get => this[δ]; init => this[δ] = value; }

    /// <summary>λ: the weight of the chosen response's negative log-likelihood; 0 or greater.</summary>
    /// <value>The default value is 0.1.</value>
    public double Lambda { get => this[λ]; init => this[λ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => Relu(δ - (pair.PolicyChosen - pair.PolicyRejected)) - (λ * pair.PolicyChosen);
}
