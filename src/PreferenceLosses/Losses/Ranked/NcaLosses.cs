using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>InfoNCA: the cross-entropy between the softmax of the scores and that of the implicit rewards.</summary>
/// <remarks>
/// <para>
/// ℓ = −Σ_i y_i ln softmax(r)_i, r = βc, y = softmax(score/T) over the group's valid responses. Convex. Equal scores
/// share the target evenly; a group of one response gives 0.
/// </para>
/// <para>Chen et al. 2024, arXiv 2402.05369.</para>
/// </remarks>
public sealed record InfoNcaLoss() : RankedLoss("info-nca", β, T)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.01.");
    private static readonly Parameter T = new("temperature", "T", 1, Bounds.Positive, "Smaller values follow the best score more closely.");

    internal static LossEntry Entry { get; } = new(
        new InfoNcaLoss(),
        new Paper("Noise Contrastive Alignment of Language Models with Explicit Rewards", "2402.05369", ""),
        "Cross-entropy of the rewards' softmax with the scores'.")
    {
        Formula = "−Σ_i y_i ln softmax(r)_i, r = βc, y = softmax(score/T)",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>T: the temperature of the scores; greater than 0.</summary>
    /// <value>The default value is 1.</value>
    public double Temperature { get => this[T]; init => this[T] = value; }

    /// <inheritdoc/>
    protected override Expr Formula(ResponseInputs group)
    {
        var r = Named("r", β * group.LogRatio);
        return LogSumExp(r, Axis.Responses) - Sum(group.ScoreShare(T) * r, Axis.Responses);
    }
}

/// <summary>NCA: binary classification of each response, weighted by the softmax of the scores.</summary>
/// <remarks>
/// <para>
/// ℓ = Σ_i y_i S(−r_i) + (1/K) Σ_i S(r_i), r = βc, K the number of valid responses, y = softmax(score/T) over the group's
/// valid responses. Convex. With K = 1 it is S(−r) + S(r).
/// </para>
/// <para>
/// Chen et al. 2024, arXiv 2402.05369. <see cref="NcaPairLoss"/> is the case of two responses with all weight on the
/// first.
/// </para>
/// </remarks>
public sealed record NcaLoss() : RankedLoss("nca", β, T)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "The paper uses 0.01.");
    private static readonly Parameter T = new("temperature", "T", 1, Bounds.Positive, "Smaller values follow the best score more closely.");

    internal static LossEntry Entry { get; } = new(
        new NcaLoss(),
        new Paper("Noise Contrastive Alignment of Language Models with Explicit Rewards", "2402.05369", ""),
        "Binary classification of each response, weighted by the scores' softmax.")
    {
        Formula = "Σ_i y_i S(−r_i) + (1/K) Σ_i S(r_i), r = βc, y = softmax(score/T)",
    };

    /// <summary>β: the scale of the log-ratios; greater than 0.</summary>
    /// <value>The default value is 0.1.</value>
    public double Beta { get => this[β]; init => this[β] = value; }

    /// <summary>T: the temperature of the scores; greater than 0.</summary>
    /// <value>The default value is 1.</value>
    public double Temperature { get => this[T]; init => this[T] = value; }

    /// <inheritdoc/>
    protected override Expr Formula(ResponseInputs group)
    {
        var r = Named("r", β * group.LogRatio);
        return Sum(group.ScoreShare(T) * Softplus(-r), Axis.Responses) + Mean(Softplus(r), Axis.Responses);
    }
}
