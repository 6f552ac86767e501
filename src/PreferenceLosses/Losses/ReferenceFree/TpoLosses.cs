using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Triple preference optimization: a pair without a reference, and the likelihood of a third, gold response.</summary>
/// <remarks>
/// <para>ℓᵢ = S(−β(log π(y_w) − log π(y_l))) − α N log π(y_gold) / Σ|y_gold|. Convex.</para>
/// <para>
/// The gold response's summed log-probability and length are the columns <c>policy_gold</c>, which is differentiated, and
/// <c>gold_length</c>. The likelihood is averaged over all gold tokens of the batch, as in TRL: each of the N pairs has its own share,
/// and the mean is TRL's.
/// </para>
/// <para>Saeidi et al. 2024, arXiv 2405.16681.</para>
/// </remarks>
public sealed record TpoLoss() : PairLoss("tpo", β, α)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default is 0.01.");
    private static readonly Parameter α = new("alpha", "α", 1, Bounds.NonNegative, "TRL's tpo_alpha, 1 by default.");

    internal static LossEntry Entry { get; } = new(
        new TpoLoss(),
        new Paper("Triple Preference Optimization: Achieving Better Alignment using a Single Step Optimization", "2405.16681", ""),
        "Logistic loss without a reference, plus the likelihood of a gold response.")
    {
        Formula = "S(−β(log π(y_w) − log π(y_l))) − α N log π(y_gold) / Σ|y_gold|",
        TrlLossType = "sigmoid",
        TrlTrainer = "TPOTrainer",
    };

    /// <summary>β: the scale of the log-probabilities; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: the weight of the gold responses' negative log-likelihood, averaged over all tokens; 0 or greater.</summary>
    /// <value>The default value is 1.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var z = Named("z", β * (pair.PolicyChosen - pair.PolicyRejected));
        return Softplus(-z) - (α * GoldShare);
    }

    /// <summary>The gold response's share of the log-likelihood: the mean over the pairs is the mean over all gold tokens of the batch.</summary>
    internal static Expr GoldShare { get; } =
        Input(Columns.PolicyGold, Shape.Row, differentiable: true) / Mean(Input(Columns.GoldLength, Shape.Row, differentiable: false));
}

/// <summary>Triple preference optimization on averages per token, with a target margin.</summary>
/// <remarks>
/// <para>ℓᵢ = S(−(β(a_w − a_l) − γ)) − α N log π(y_gold) / Σ|y_gold|, a = log π(y)/|y|. Convex.</para>
/// <para>
/// The gold response's summed log-probability and length are the columns <c>policy_gold</c>, which is differentiated, and
/// <c>gold_length</c>. The likelihood is averaged over all gold tokens of the batch, as in TRL: each of the N pairs has its own share,
/// and the mean is TRL's.
/// </para>
/// <para>Saeidi et al. 2024, arXiv 2405.16681.</para>
/// </remarks>
public sealed record TpoLengthLoss() : PairLoss("tpo-l", β, α, γ)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "TRL's default is 0.01.");
    private static readonly Parameter α = new("alpha", "α", 1, Bounds.NonNegative, "TRL's tpo_alpha, 1 by default.");
    private static readonly Parameter γ = new("gamma", "γ", 0.5, Bounds.Finite, "TRL's default.");

    internal static LossEntry Entry { get; } = new(
        new TpoLengthLoss(),
        new Paper("Triple Preference Optimization: Achieving Better Alignment using a Single Step Optimization", "2405.16681", ""),
        "SimPO plus the likelihood of a gold response.")
    {
        Formula = "S(−(β(a_w − a_l) − γ)) − α N log π(y_gold) / Σ|y_gold|",
        TrlLossType = "tpo-l",
        TrlTrainer = "TPOTrainer",
    };

    /// <summary>β: the scale of the average log-probabilities; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>α: the weight of the gold responses' negative log-likelihood, averaged over all tokens; 0 or greater.</summary>
    /// <value>The default value is 1.</value>
    public double Alpha { get => this[α]; init => this[α] = value; }

    /// <summary>γ: the target margin, not multiplied by β.</summary>
    /// <value>The default value is 0.5.</value>
    public double Gamma { get => this[γ]; init => this[γ] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var z = Named("z", (β * (pair.ChosenAverage - pair.RejectedAverage)) - γ);
        return Softplus(-z) - (α * TpoLoss.GoldShare);
    }

    /// <inheritdoc/>
    protected override ImplicitRewards Rewards(PairInputs pair, bool usesReference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return new(β * pair.ChosenAverage, β * pair.RejectedAverage);
    }
}
