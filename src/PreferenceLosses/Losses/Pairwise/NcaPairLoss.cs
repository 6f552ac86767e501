using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Noise contrastive alignment of a pair: each response against the reference by itself.</summary>
/// <remarks>
/// <para>ℓ = S(−βc_w) + ½ S(βc_w) + ½ S(βc_l). Convex. Not falling in c_w everywhere: smallest at βc_w = ln 2.</para>
/// <para>Chen et al. 2024, arXiv 2402.05369. Scored responses: <see cref="NcaLoss"/>.</para>
/// </remarks>
public sealed record NcaPairLoss() : PairLoss("nca-pair", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.01.");

    internal static LossEntry Entry { get; } = new(
        new NcaPairLoss(),
        new Paper("Noise Contrastive Alignment of Language Models with Explicit Rewards", "2402.05369", ""),
        "Binary classification of each response, the chosen one counted as both.")
    {
        Formula = "S(−βc_w) + ½ S(βc_w) + ½ S(βc_l)",
        TrlLossType = "nca_pair",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var (chosen, rejected) = (β * pair.ChosenLogRatio, β * pair.RejectedLogRatio);
        return Softplus(-chosen) + (0.5 * Softplus(chosen)) + (0.5 * Softplus(rejected));
    }
}
