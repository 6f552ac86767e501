using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>The exponential loss of the scaled log-ratio difference, a member of the GPO family.</summary>
/// <remarks>
/// <para>ℓ = e^(−x), x = βρ. Convex; dℓ/dρ = −β e^(−x). It truly overflows: in single precision for x below −88.7.</para>
/// <para>Tang et al. 2024, arXiv 2402.05749, table 1.</para>
/// </remarks>
public sealed record ExponentialLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "Large values overflow for misranked pairs.");

    internal static LossEntry Entry { get; } = new(new ExponentialLoss(), Paper.Gpo("table 1"), "Exponential loss of the scaled log-ratio difference.")
    {
        Formula = "e^(−x)",
    };

    /// <summary>The loss at its defaults.</summary>
    public ExponentialLoss()
        : base("exponential", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Exp(-x);
    }
}
