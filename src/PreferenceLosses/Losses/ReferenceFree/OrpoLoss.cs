using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Odds ratio preference optimization: likelihood of the chosen response, plus the logistic loss of the log odds ratio.</summary>
/// <remarks>
/// <para>ℓ = −a_w + λ S(−o), o = (a_w − a_l) − (ln(1 − e^a_w) − ln(1 − e^a_l)), a = log π(y)/|y|, below 0.</para>
/// <para>
/// Hong et al. 2024, arXiv 2403.07691. 1 − e^a has all its digits as a approaches 0, and the gradient its limit at a = 0
/// itself: there the value is that of a = −1e-37. The likelihood is the chosen response's own average; TRL's runs over
/// prompt and response.
/// </para>
/// </remarks>
public sealed record OrpoLoss() : PairLoss("orpo", λ)
{
    private static readonly Parameter λ = new("lambda", "λ", 0.1, Bounds.NonNegative, "The paper uses 0.1 and 0.2; TRL calls it beta.");

    internal static LossEntry Entry { get; } = new(
        new OrpoLoss(),
        new Paper("ORPO: Monolithic Preference Optimization without Reference Model", "2403.07691", ""),
        "Likelihood of the chosen response plus the logistic loss of the log odds ratio.")
    {
        Formula = "−a_w + λ S(−o), o = ln odds(a_w) − ln odds(a_l), a = log π(y)/|y|",
        TrlLossType = "orpo",
        TrlTrainer = "ORPOTrainer",
    };

    /// <summary>λ: the weight of the odds ratio; 0 or greater.</summary>
    /// <value>The default value is 0.1.</value>
    public double Lambda { get => this[λ]; init => this[λ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var odds = Named("o", LogOdds(pair.ChosenAverage) - LogOdds(pair.RejectedAverage));
        return (λ * Softplus(-odds)) - pair.ChosenAverage;
    }

    /// <inheritdoc/>
    protected override ImplicitRewards Rewards(PairInputs pair, bool usesReference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return new(λ * pair.ChosenAverage, λ * pair.RejectedAverage);
    }

    /// <summary>a − ln(1 − e^a). What keeps a below 0 has derivative 1, so that the gradient at 0 is the limit from below.</summary>
    private static Expr LogOdds(Expr average)
    {
        var below = StopGradient(Minimum(average, -1e-37)) + (average - StopGradient(average));
        return below - Log1mExp(below);
    }
}
