using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>The squared loss of the scaled log-ratio difference, a member of the GPO family.</summary>
/// <remarks>
/// <para>ℓ = (1 − x)², x = βρ. Convex. It is β² times IPO's loss at β/2.</para>
/// <para>
/// A member of the family of Tang et al. 2024, arXiv 2402.05749, table 1: a classification loss of the scaled log-ratio
/// difference. Logistic, hinge and exponential members are <see cref="DpoLoss"/>, <see cref="SlicLoss"/> and <see
/// cref="ExponentialLoss"/>.
/// </para>
/// </remarks>
public sealed record GpoSquaredLoss() : PairLoss("gpo-squared", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The scale of the loss; compare with DPO's.");

    internal static LossEntry Entry { get; } = new(
        new GpoSquaredLoss(),
        new Paper("Generalized Preference Optimization: A Unified Approach to Offline Alignment", "2402.05749", "table 1"),
        "The squared loss of the scaled log-ratio difference.")
    {
        Formula = "(1 − x)²",
        Aliases = ["squared-loss"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Square(1 - x);
    }
}

/// <summary>The truncated quadratic loss of the scaled log-ratio difference, a member of the GPO family.</summary>
/// <remarks>
/// <para>ℓ = max(0, 1 − x)², x = βρ. Convex, with a continuous derivative; 0 from x = 1 on.</para>
/// <para>
/// A member of the family of Tang et al. 2024, arXiv 2402.05749, table 1: a classification loss of the scaled log-ratio
/// difference. Logistic, hinge and exponential members are <see cref="DpoLoss"/>, <see cref="SlicLoss"/> and <see
/// cref="ExponentialLoss"/>.
/// </para>
/// </remarks>
public sealed record GpoTruncatedQuadraticLoss() : PairLoss("gpo-truncated-quadratic", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The scale of the loss; compare with DPO's.");

    internal static LossEntry Entry { get; } = new(
        new GpoTruncatedQuadraticLoss(),
        new Paper("Generalized Preference Optimization: A Unified Approach to Offline Alignment", "2402.05749", "table 1"),
        "The truncated quadratic loss of the scaled log-ratio difference.")
    {
        Formula = "max(0, 1 − x)²",
        Aliases = ["truncated-quadratic"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Square(Relu(1 - x));
    }
}

/// <summary>The savage loss of the scaled log-ratio difference, a member of the GPO family.</summary>
/// <remarks>
/// <para>ℓ = σ(−x)², x = βρ. Bounded by 1, not convex, and flat in both tails.</para>
/// <para>
/// A member of the family of Tang et al. 2024, arXiv 2402.05749, table 1: a classification loss of the scaled log-ratio
/// difference. Logistic, hinge and exponential members are <see cref="DpoLoss"/>, <see cref="SlicLoss"/> and <see
/// cref="ExponentialLoss"/>.
/// </para>
/// </remarks>
public sealed record GpoSavageLoss() : PairLoss("gpo-savage", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The scale of the loss; compare with DPO's.");

    internal static LossEntry Entry { get; } = new(
        new GpoSavageLoss(),
        new Paper("Generalized Preference Optimization: A Unified Approach to Offline Alignment", "2402.05749", "table 1"),
        "The savage loss of the scaled log-ratio difference.")
    {
        Formula = "σ(−x)²",
        Aliases = ["savage"],
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <inheritdoc/>
    protected override LossOutput Formula(PairInputs pair)
    {
        var x = Named("x", β * pair.LogRatioDifference);
        return Square(Sigmoid(-x));
    }
}
