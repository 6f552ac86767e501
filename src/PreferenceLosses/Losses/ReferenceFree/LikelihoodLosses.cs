using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>The chosen response's average negative log-likelihood: a part of sums, such as RPO's.</summary>
/// <remarks>
/// <para>
/// ℓ = −log π(y_w)/|y_w|: each response counts the same, whatever its length. <see cref="SftLoss"/> counts each token the
/// same.
/// </para>
/// </remarks>
public sealed record NllLoss() : PairLoss("nll")
{
    internal static LossEntry Entry { get; } = new(
        new NllLoss(),
        new Paper("Iterative Reasoning Preference Optimization", "2404.19733", ""),
        "The chosen response's negative log-likelihood, averaged over its tokens.")
    {
        Formula = "−log π(y_w)/|y_w|",
    };

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => -pair.ChosenAverage;
}

/// <summary>Supervised fine-tuning on the chosen responses: the negative log-likelihood, averaged over all tokens of the batch.</summary>
/// <remarks>
/// <para>
/// ℓᵢ = −N log π(y_wᵢ) / Σ|y_w|, so that the mean over the N pairs is the mean over tokens. TRL's <c>sft</c> gives every
/// pair that mean; here each pair has its own share, and the mean is the same.
/// </para>
/// </remarks>
public sealed record SftLoss() : PairLoss("sft")
{
    internal static LossEntry Entry { get; } = new(
        new SftLoss(),
        new Paper("Iterative Reasoning Preference Optimization", "2404.19733", ""),
        "The chosen responses' negative log-likelihood, averaged over all tokens of the batch.")
    {
        Formula = "−N log π(y_w) / Σ|y_w|",
        TrlLossType = "sft",
    };

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => -(pair.PolicyChosen / Mean(pair.ChosenLength));
}
