using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Agreement-aware iterative preference optimization: pairs that the reference ranks correctly have a harder target.</summary>
/// <remarks>
/// <para>
/// ℓ = (1 − ε) S(−z) + ε S(z) − λ log π(y_w)/|y_w|, z = β((log π(y_w) − log π(y_l)) − (1 + α)(log r(y_w) − log r(y_l)) −
/// γ). Convex in the policy's log-probabilities; not a function of ρ.
/// </para>
/// <para>
/// Shen et al. 2024, arXiv 2409.08845, as the paper's repository has it. The likelihood term is averaged over each
/// response's tokens.
/// </para>
/// </remarks>
public sealed record AipoLoss() : PairLoss("aipo", β, α, λ, γ, ε)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper's code uses 0.1.");
    private static readonly Parameter α = new("alpha", "α", 0.2, Bounds.NonNegative, "The paper's code has no default; 0 is DPO.");
    private static readonly Parameter λ = new("lambda", "λ", 0.05, Bounds.NonNegative, "The paper's code has no default; 0 leaves the likelihood out.");
    private static readonly Parameter γ = new("gamma", "γ", 0, Bounds.Finite, "0 is no margin.");
    private static readonly Parameter ε = new("label_smoothing", "ε", 0, new Bounds(0, true, 0.5, false), "0 is no smoothing; TRL has the same default.");

    internal static LossEntry Entry { get; } = new(
        new AipoLoss(),
        new Paper("AIPO: Improving Training Objective for Iterative Preference Optimization", "2409.08845", ""),
        "DPO with an extra share of the reference's margin, plus the likelihood of the chosen response.")
    {
        Formula = "(1 − ε) S(−z) + ε S(z) − λ log π(y_w)/|y_w|, z = β(ρ − α e − γ)",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: how much extra the reference's own margin counts; 0 or greater.</summary>
    /// <value>The default value is 0.2.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <summary>λ: the weight of the chosen response's average negative log-likelihood; 0 or greater.</summary>
    /// <value>The default value is 0.05.</value>
    public double Lambda { get => this[λ]; init => this[λ] = value; }

    /// <summary>γ: a margin in nats, multiplied by β.</summary>
    /// <value>The default value is 0.</value>
    public double Gamma { get => this[γ]; init => this[γ] = value; }

    /// <summary>ε: the assumed share of pairs whose labels are exchanged; from 0 to below 0.5.</summary>
    /// <value>The default value is 0.</value>
    public double LabelSmoothing { get => this[ε]; init => this[ε] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var reference = Named("e", pair.ReferenceChosen - pair.ReferenceRejected);
        var z = Named("z", β * (pair.LogRatioDifference - (α * reference) - γ));
        return ((1 - ε) * Softplus(-z)) + (ε * Softplus(z)) - (λ * pair.ChosenAverage);
    }
}
