using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Performance adaptive decay logistic loss: the logistic loss with misranked pairs at half weight.</summary>
/// <remarks>
/// <para>ℓ = 0.9 (1 − 0.5 [ρ &lt; 0]) S(−x), x = βρ.</para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414, eq. 16–18. It jumps at ρ = 0, which is where training starts (the policy is the reference);
/// exactly 0 counts as ranked correctly. The published code rounds its weights to single precision (2.6e-8); this has 0.9 and 0.45.
/// </para>
/// </remarks>
public sealed record PadllLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new PadllLoss(), Paper.DiscoPop("eq. 16-18"), "Logistic with misranked pairs at half weight.")
    {
        Formula = "0.9 (1 − 0.5 [ρ < 0]) S(−x)",
        PublishedFitness = 7.940625,
    };

    /// <summary>The loss at its defaults.</summary>
    public PadllLoss()
        : base("padll", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var ρ = pair.LogRatioDifference;
        var x = Named("x", β * ρ);
        return 0.9 * (1 - (0.5 * (ρ < 0))) * Softplus(-x);
    }
}
