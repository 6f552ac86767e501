using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Identity preference optimization on averages per token, as TRL has it.</summary>
/// <remarks>
/// <para>ℓ = (c_w/|y_w| − c_l/|y_l| − 1/(2β))². Convex.</para>
/// <para>
/// Azar et al. 2023, arXiv 2310.12036, eq. 17, with each log-ratio divided by its length, which the paper does not print
/// and its authors confirmed. <see cref="IpoLoss"/> is the summed form.
/// </para>
/// </remarks>
public sealed record IpoAveragedLoss() : PairLoss("ipo-averaged", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The target is 1/(2β) nats per token: 5 at 0.1.");

    internal static LossEntry Entry { get; } = new(
        new IpoAveragedLoss(),
        new Paper("A General Theoretical Paradigm to Understand Learning from Human Preferences", "2310.12036", "eq. 17"),
        "Squared distance of the difference of average log-ratios from 1/(2β).")
    {
        Formula = "(c_w/|y_w| − c_l/|y_l| − 1/(2β))²",
        TrlLossType = "ipo",
    };

    /// <summary>β, the paper's τ: the target is 1/(2β) nats per token; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => Square(pair.AverageLogRatioDifference - (1 / (2 * β)));
}
