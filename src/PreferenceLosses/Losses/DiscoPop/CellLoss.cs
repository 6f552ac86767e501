using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Combined exponential and logistic loss.</summary>
/// <remarks>
/// <para>ℓ = ½ e^(−x) + ½ S(−x), x = βρ. Convex. It truly overflows, in single precision for x below −88.7.</para>
/// <para>Lu et al. 2024, arXiv 2406.08414, appendix E (<c>combined_exp_logistic_loss</c>).</para>
/// </remarks>
public sealed record CellLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new CellLoss(), Paper.DiscoPop("appendix E"), "Half exponential, half logistic.")
    {
        Formula = "½ e^(−x) + ½ S(−x)",
        PublishedFitness = 7.925,
    };

    /// <summary>The loss at its defaults.</summary>
    public CellLoss()
        : base("cell", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return (0.5 * Exp(-x)) + (0.5 * Softplus(-x));
    }
}
