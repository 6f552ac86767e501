using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Direct preference optimization: the logistic loss of the scaled log-ratio difference.</summary>
/// <remarks>
/// <para>ℓ = −ln σ(x), x = βρ. Convex in ρ; dℓ/dρ = −β σ(−x).</para>
/// <para>Rafailov et al. 2023, arXiv 2305.18290, eq. 7. TRL's <c>sigmoid</c>; the DiscoPOP paper's logistic log loss.</para>
/// </remarks>
public sealed record DpoLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.1, and 0.5 for summarization.");

    internal static LossEntry Entry { get; } = new(new DpoLoss(), Paper.Dpo("eq. 7"), "Logistic loss of the scaled log-ratio difference.")
    {
        Formula = "S(−x)",
        Aliases = ["sigmoid", "logistic"], TrlLossType = "sigmoid", PublishedFitness = 7.8875,
    };

    /// <summary>The loss at its defaults.</summary>
    public DpoLoss()
        : base("dpo", β)
    {
    }

    /// <summary>β: how strongly the policy is held to the reference; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Softplus(-x);
    }
}
