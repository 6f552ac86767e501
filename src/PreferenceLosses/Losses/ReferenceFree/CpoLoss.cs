using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Contrastive preference optimization: DPO with a uniform reference, plus the likelihood of the chosen response.</summary>
/// <remarks>
/// <para>
/// ℓ = (1 − ε) S(−z) + ε S(z) − α log π(y_w)/|y_w|, z = β(log π(y_w) − log π(y_l)), on summed log-probabilities. Convex.
/// </para>
/// <para>
/// Xu et al. 2024, arXiv 2401.08417. The likelihood term is the average over each response's own tokens; TRL averages
/// over all tokens of the batch.
/// </para>
/// </remarks>
public sealed record CpoLoss() : PairLoss("cpo", β, α, ε)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.1.");
    private static readonly Parameter α = new("alpha", "α", 1, Bounds.NonNegative, "TRL's cpo_alpha, 1 by default; 0 leaves the likelihood out.");
    private static readonly Parameter ε = new("label_smoothing", "ε", 0, new Bounds(0, true, 0.5, false), "0 is no smoothing.");

    internal static LossEntry Entry { get; } = new(
        new CpoLoss(),
        new Paper("Contrastive Preference Optimization: Pushing the Boundaries of LLM Performance in Machine Translation", "2401.08417", ""),
        "Logistic loss without a reference, plus the likelihood of the chosen response.")
    {
        Formula = "(1 − ε) S(−z) + ε S(z) − α log π(y_w)/|y_w|, z = β(log π(y_w) − log π(y_l))",
        TrlLossType = "sigmoid",
        TrlTrainer = "CPOTrainer",
    };

    /// <summary>β: the scale of the log-probabilities; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: the weight of the chosen response's average negative log-likelihood; 0 or greater.</summary>
    /// <value>The default value is 1.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <summary>ε: the assumed share of pairs whose labels are exchanged; from 0 to below 0.5.</summary>
    /// <value>The default value is 0.</value>
    public double LabelSmoothing { get => this[ε]; init => this[ε] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var z = Named("z", β * (pair.PolicyChosen - pair.PolicyRejected));
        return ((1 - ε) * Softplus(-z)) + (ε * Softplus(z)) - (α * pair.ChosenAverage);
    }
}
