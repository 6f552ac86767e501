using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Preference ranking optimization: each response against all worse ones, with temperatures from the differences of scores.</summary>
/// <remarks>
/// <para>
/// ℓ = Σ_k [ln(e^(a_k T_k) + Σ_(j > k) e^(a_j T_kj)) − a_k T_k] − λ (K − 1)² log π(y_1), responses in descending order of their scores R,
/// a = log π(y)/|y|, T_kj = R_k − R_j, T_k = R_k − R_K. Equal scores keep their order and have temperature 0: the worse of them
/// counts as e^0. A group of one response gives 0.
/// </para>
/// <para>
/// Song et al. 2023, arXiv 2306.17492, as the paper's code has it, in log space and without its 1e-10. At most
/// 16 responses per row: the formula is written out for that many.
/// </para>
/// </remarks>
public sealed record ProLoss() : RankedLoss("pro", λ)
{
    private const int Most = 16;

    private static readonly Parameter λ = new("lambda", "λ", 0.05, Bounds.NonNegative, "0 leaves the likelihood out.");

    internal static LossEntry Entry { get; } = new(
        new ProLoss(),
        new Paper("Preference Ranking Optimization for Human Alignment", "2306.17492", ""),
        "Each response against all worse ones, at temperatures from the scores, plus the likelihood of the best one.")
    {
        Formula = "Σ_k [ln(e^(a_k T_k) + Σ_(j > k) e^(a_j T_kj)) − a_k T_k] − λ (K − 1)² log π(y_1)",
    };

    /// <summary>λ: the weight of the best response's negative log-likelihood; 0 or greater.</summary>
    /// <value>The default value is 0.05.</value>
    public double Lambda { get => this[λ]; init => this[λ] = value; }

    /// <inheritdoc/>
    protected override int? MaximumResponses => Most;

    /// <inheritdoc/>
    protected override Expr Formula(ResponseInputs group)
    {
        var (average, score) = (group.BestFirst(group.Average), group.BestFirst(group.Score));
        var own = average * (score - Min(group.Score, Axis.Responses));
        var total = own;
        for (var places = 1; places < Most; places++)
        {
            var later = group.Later(average, places) * (score - group.Later(score, places));
            total = Where(group.HasLater(places), LogAddExp(total, later), total);
        }

        var best = Sum(Where(group.IsAmongFirst(1), group.BestFirst(group.Policy), 0), Axis.Responses);
        return Sum(total - own, Axis.Responses) - (λ * Square(ResponseCount - 1) * best);
    }
}
