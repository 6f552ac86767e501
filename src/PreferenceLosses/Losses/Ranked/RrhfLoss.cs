using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Rank responses to align: a hinge without margin for every two responses, plus the likelihood of the best one.</summary>
/// <remarks>
/// <para>
/// ℓ = w Σ_(R_i &lt; R_j) max(0, s_i − s_j) − log π(y_1)/|y_1|, s = log π(y)/|y|^p, y_1 the response with the highest score R, the first
/// of them if there are several. Two responses with equal scores are not compared. Convex; kinks where two s are equal.
/// </para>
/// <para>
/// Yuan et al. 2023, arXiv 2304.05302, for any number of prompts. The ranking is that of the paper's code; the likelihood is averaged over
/// the response's own tokens, where the code divides by the padded length. At most 16
/// responses per row: the formula is written out for that many. A group of one response is its likelihood alone.
/// </para>
/// </remarks>
public sealed record RrhfLoss() : RankedLoss("rrhf", w, p)
{
    private const int Most = 16;

    private static readonly Parameter w = new("rank_weight", "w", 100, Bounds.NonNegative, "100 in the paper's code, 1 in the paper.");
    private static readonly Parameter p = new("length_penalty", "p", 1, Bounds.NonNegative, "1 in the paper's code.");

    internal static LossEntry Entry { get; } = new(
        new RrhfLoss(),
        new Paper("RRHF: Rank Responses to Align Language Models with Human Feedback without tears", "2304.05302", ""),
        "Hinge without margin for every two responses, plus the likelihood of the best one.")
    {
        Formula = "w Σ_(R_i < R_j) max(0, s_i − s_j) − log π(y_1)/|y_1|, s = log π(y)/|y|^p",
    };

    /// <summary>w: the weight of the ranking beside the likelihood; 0 or greater.</summary>
    /// <value>The default value is 100.</value>
    public double RankWeight { get => this[w]; init => this[w] = value; }

    /// <summary>p: the exponent of the length that log-probabilities are divided by; 0 or greater.</summary>
    /// <value>The default value is 1.</value>
    public double LengthPenalty { get => this[p]; init => this[p] = value; }

    /// <inheritdoc/>
    protected override int? MaximumResponses => Most;

    /// <inheritdoc/>
    protected override Expr Formula(ResponseInputs group)
    {
        var normalized = Named("s", group.Policy / Exp(p * Log(group.Length)));
        var (better, score) = (group.BestFirst(normalized), group.BestFirst(group.Score));
        Expr ranking = 0;
        for (var places = 1; places < Most; places++)
        {
            var isWorse = group.HasLater(places) * (group.Later(score, places) < score);
            ranking += Where(isWorse, Relu(group.Later(better, places) - better), 0);
        }

        var best = Sum(Where(group.IsAmongFirst(1), group.BestFirst(group.Average), 0), Axis.Responses);
        return (w * Sum(ranking, Axis.Responses)) - best;
    }
}
