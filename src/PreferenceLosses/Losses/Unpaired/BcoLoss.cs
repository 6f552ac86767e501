using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Binary classifier optimization of unpaired examples.</summary>
/// <remarks>
/// <para>
/// Desirable: S(−(βc − δ)); undesirable: S(βc − δ), δ the scalar input <c>shift</c>: the running mean of the rewards βc,
/// which <see cref="RunningMean"/> keeps, and which is not differentiated. Convex.
/// </para>
/// <para>
/// Jung et al. 2024, arXiv 2404.04656. The paper's weight for undesirable examples of another prompt distribution is the
/// batch's weight column. Losses are in the order of the input.
/// </para>
/// </remarks>
public sealed record BcoLoss() : UnpairedLoss("bco", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.01.");

    internal static LossEntry Entry { get; } = new(
        new BcoLoss(),
        new Paper("Binary Classifier Optimization for Large Language Model Alignment", "2404.04656", ""),
        "Binary classification of each example against a running mean of the rewards.")
    {
        Formula = "desirable: S(−(βc − δ)); undesirable: S(βc − δ)",
        TrlLossType = "bco",
        TrlTrainer = "BCOTrainer",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override Expr Formula(ExampleInputs example)
    {
        var δ = Named("δ", Input(Columns.Shift, Shape.Scalar, differentiable: false));
        var z = Named("z", (β * example.LogRatio) - δ);
        return Where(example.IsDesirable, Softplus(-z), Softplus(z));
    }
}
