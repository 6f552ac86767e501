using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Efficient exact optimization of a pair: the reverse KL divergence from smoothed labels.</summary>
/// <remarks>
/// <para>
/// ℓ = σ(x) (ln σ(x) − ln(1 − ε)) + σ(−x) (ln σ(−x) − ln ε), x = βρ. Not convex; smallest (0) at x = ln((1 − ε)/ε),
/// bounded by −ln ε, and its gradient vanishes for badly misranked pairs.
/// </para>
/// <para>Ji et al. 2024, arXiv 2402.00856. The case of K responses is <see cref="ExoLoss"/>.</para>
/// </remarks>
public sealed record ExoPairLoss() : PairLoss("exo-pair", β, ε)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 1 for β_π.");
    private static readonly Parameter ε = new("label_smoothing", "ε", 0.001, new Bounds(0, false, 0.5, false), "Small: 0.001 in TRL's documentation; 0 would make the loss infinite.");

    internal static LossEntry Entry { get; } = new(
        new ExoPairLoss(),
        new Paper("Towards Efficient Exact Optimization of Language Model Alignment", "2402.00856", ""),
        "Reverse KL divergence of the policy's preference from the smoothed label.")
    {
        Formula = "σ(x)(ln σ(x) − ln(1 − ε)) + σ(−x)(ln σ(−x) − ln ε)",
        TrlLossType = "exo_pair",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>ε: the probability that the rejected response is the better one; between 0 and 0.5.</summary>
    /// <value>The default value is 0.001.</value>
    public double LabelSmoothing { get => this[ε]; init => this[ε] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return (Sigmoid(x) * (LogSigmoid(x) - Log1p(-ε))) + (Sigmoid(-x) * (LogSigmoid(-x) - Log(ε)));
    }
}
