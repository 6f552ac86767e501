using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Sequence likelihood calibration: the hinge loss of the scaled log-ratio difference.</summary>
/// <remarks>
/// <para>ℓ = max(0, 1 − x), x = βρ. Convex; kink at x = 1, where the derivative is 0.</para>
/// <para>
/// Zhao et al. 2023, arXiv 2305.10425, in the form normalised by the reference of Liu et al. 2023, arXiv 2309.06657, table 1
/// (RSO), which is what TRL calls <c>hinge</c>. The paper's own form has no reference; it is another loss.
/// </para>
/// </remarks>
public sealed record SlicLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The RSO paper uses 0.05; the margin in nats is 1/β.");

    internal static LossEntry Entry { get; } = new(new SlicLoss(), Paper.Rso("table 1"), "Hinge loss of the scaled log-ratio difference.")
    {
        Formula = "max(0, 1 − x)",
        Aliases = ["hinge"], TrlLossType = "hinge", PublishedFitness = 7.88125,
    };

    /// <summary>The loss at its defaults.</summary>
    public SlicLoss()
        : base("slic", β)
    {
    }

    /// <summary>β: the reciprocal of the margin in nats; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Relu(1 - x);
    }
}
