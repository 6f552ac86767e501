using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Binary classifier optimization of pairs, without the reward shift.</summary>
/// <remarks>
/// <para>ℓ = S(−βc_w) + S(βc_l). Convex, and a bound of DPO's loss from above.</para>
/// <para>
/// Jung et al. 2024, arXiv 2404.04656. TRL's <c>bco_pair</c> and Liger's have no shift; <see cref="BcoPairShiftedLoss"/>
/// is the paper's form.
/// </para>
/// </remarks>
public sealed record BcoPairLoss() : PairLoss("bco-pair", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.01.");

    internal static LossEntry Entry { get; } = new(
        new BcoPairLoss(),
        new Paper("Binary Classifier Optimization for Large Language Model Alignment", "2404.04656", ""),
        "Binary classification of each response, without the reward shift.")
    {
        Formula = "S(−βc_w) + S(βc_l)",
        TrlLossType = "bco_pair",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => Softplus(-(β * pair.ChosenLogRatio)) + Softplus(β * pair.RejectedLogRatio);
}

/// <summary>Binary classifier optimization of pairs with the paper's reward shift δ.</summary>
/// <remarks>
/// <para>
/// ℓ = S(−(βc_w − δ)) + S(βc_l − δ), δ the scalar input <c>shift</c>: the running mean of all rewards βc, which <see
/// cref="RunningMean"/> keeps, and which is not differentiated.
/// </para>
/// <para>
/// Jung et al. 2024, arXiv 2404.04656. The DiscoPOP repository and earlier TRL have this form and update the mean before
/// they use it.
/// </para>
/// </remarks>
public sealed record BcoPairShiftedLoss() : PairLoss("bco-pair-shifted", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.01.");

    internal static LossEntry Entry { get; } = new(
        new BcoPairShiftedLoss(),
        new Paper("Binary Classifier Optimization for Large Language Model Alignment", "2404.04656", ""),
        "Binary classification of each response against a running mean of the rewards.")
    {
        Formula = "S(−(βc_w − δ)) + S(βc_l − δ)",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var δ = Named("δ", Input(Columns.Shift, Shape.Scalar, differentiable: false));
        return Softplus(-((β * pair.ChosenLogRatio) - δ)) + Softplus((β * pair.RejectedLogRatio) - δ);
    }
}
