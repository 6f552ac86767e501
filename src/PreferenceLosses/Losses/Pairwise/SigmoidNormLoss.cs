using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Length-normalised DPO: the logistic loss of the difference of average log-ratios.</summary>
/// <remarks>
/// <para>ℓ = S(−β(c_w/|y_w| − c_l/|y_l|)). Convex.</para>
/// <para>Lambert et al. 2024 (Tülu 3), arXiv 2411.15124. TRL's <c>sigmoid_norm</c>.</para>
/// </remarks>
public sealed record SigmoidNormLoss() : PairLoss("sigmoid-norm", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "Log-ratios per token are small: Tülu 3 uses 5.");

    internal static LossEntry Entry { get; } = new(
        new SigmoidNormLoss(),
        new Paper("Tulu 3: Pushing Frontiers in Open Language Model Post-Training", "2411.15124", ""),
        "Logistic loss of the difference of average log-ratios.")
    {
        Formula = "S(−β(c_w/|y_w| − c_l/|y_l|))",
        Aliases = ["dpo-norm"],
        TrlLossType = "sigmoid_norm",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => Softplus(-(β * pair.AverageLogRatioDifference));
}
