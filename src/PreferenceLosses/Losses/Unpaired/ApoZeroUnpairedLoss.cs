using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Anchored preference optimization of unpaired examples: desirable ones up, undesirable ones down.</summary>
/// <remarks>
/// <para>Desirable: 1 − σ(βc); undesirable: σ(βc). Bounded, not convex; no baseline.</para>
/// <para>
/// D'Oosterlinck et al. 2024, arXiv 2408.06266, eq. 7, in TRL's unpaired form. Losses are in the order of the input.
/// </para>
/// </remarks>
public sealed record ApoZeroUnpairedLoss() : UnpairedLoss("apo-zero-unpaired", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default is 0.1.");

    internal static LossEntry Entry { get; } = new(
        new ApoZeroUnpairedLoss(),
        new Paper("Anchored Preference Optimization and Contrastive Revisions: Addressing Underspecification in Alignment", "2408.06266", "eq. 7"),
        "Desirable examples up, undesirable ones down.")
    {
        Formula = "desirable: 1 − σ(βc); undesirable: σ(βc)",
        TrlLossType = "apo_zero_unpaired",
        TrlTrainer = "KTOTrainer",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override Expr Formula(ExampleInputs example)
    {
        var z = Named("z", β * example.LogRatio);
        return Where(example.IsDesirable, Sigmoid(-z), Sigmoid(z));
    }
}
