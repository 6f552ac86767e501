using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Policy focused loss: half the logistic loss where the policy itself ranks the pair correctly, twice the hinge loss elsewhere.</summary>
/// <remarks>
/// <para>ℓ = ½ S(−x) where log π(chosen) &gt; log π(rejected), else 2 max(0, 1 − x); x = βρ. Ties go to the hinge.</para>
/// <para>
/// Lu et al. 2024, arXiv 2406.08414, eq. 29, where π_r is the rejected completion's; this is the corrected code of the paper's
/// repository. The generated code has no β (<see cref="PflGeneratedLoss"/>). Not a function of ρ alone; it jumps where the
/// policy's own preference changes.
/// </para>
/// </remarks>
public sealed record PflLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");

    internal static LossEntry Entry { get; } = new(new PflLoss(), Paper.DiscoPop("eq. 29"), "Half logistic where the policy ranks correctly, twice hinge elsewhere.")
    {
        Formula = "½ S(−x) where log π(y_w) > log π(y_l), else 2 max(0, 1 − x)",
    };

    /// <summary>The loss at its defaults.</summary>
    public PflLoss()
        : base("pfl", β)
    {
    }

    /// <summary>β: the scale of the log-ratio difference; greater than 0.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => ByPolicy(pair, Named("x", β * pair.LogRatioDifference));

    /// <summary>½ S(−x) where the policy prefers the chosen completion, else 2 max(0, 1 − x).</summary>
    internal static Expr ByPolicy(PairInputs pair, Expr x) =>
        Where(pair.PolicyChosen > pair.PolicyRejected, 0.5 * Softplus(-x), 2 * Relu(1 - x));
}

/// <summary>PFL as the generated code that earned the published score: without β.</summary>
/// <remarks>
/// <para>As <see cref="PflLoss"/> with x = ρ.</para>
/// <para>Lu et al. 2024, arXiv 2406.08414, appendix E (<c>policy_focused_loss</c>).</para>
/// </remarks>
public sealed record PflGeneratedLoss : PairLoss
{
    internal static LossEntry Entry { get; } = new(new PflGeneratedLoss(), Paper.DiscoPop("appendix E"), "PFL without β, as generated.")
    {
        Formula = "½ S(−ρ) where log π(y_w) > log π(y_l), else 2 max(0, 1 − ρ)",
        PublishedFitness = 7.900,
    };

    /// <summary>The loss; it has no hyper-parameters.</summary>
    public PflGeneratedLoss()
        : base("pfl-generated")
    {
    }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => PflLoss.ByPolicy(pair, pair.LogRatioDifference);
}
