using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Identity preference optimization: the squared distance of the log-ratio difference from a target, on summed log-probabilities.</summary>
/// <remarks>
/// <para>ℓ = (ρ − 1/(2β))². Convex; dℓ/dρ = 2(ρ − 1/(2β)).</para>
/// <para>
/// Azar et al. 2023, arXiv 2310.12036, eq. 17, where β is called τ. This is the paper's form and DiscoPOP's; TRL's <c>ipo</c>
/// divides each log-probability by its length first, and is another loss.
/// </para>
/// </remarks>
public sealed record IpoLoss : PairLoss
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The target for ρ is 1/(2β) nats: 5 at 0.1.");

    internal static LossEntry Entry { get; } = new(new IpoLoss(), Paper.Ipo("eq. 17"), "Squared distance of the summed log-ratio difference from 1/(2β); TRL's ipo is ipo-averaged.")
    {
        Formula = "(ρ − 1/(2β))²",
        PublishedFitness = 7.84,
    };

    /// <summary>The loss at its defaults.</summary>
    public IpoLoss()
        : base("ipo", β)
    {
    }

    /// <summary>β, the paper's τ: the target for ρ is 1/(2β); greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair) => Square(pair.LogRatioDifference - (1 / (2 * β)));
}
