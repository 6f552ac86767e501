using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Formulas over K responses per row, worked out by hand; a mask may have holes anywhere.</summary>
public class ResponsesTests
{
    private static readonly Expr Policy = Input(Columns.Policy, Shape.Responses, differentiable: true);

    [Fact]
    public void A_median_is_taken_of_the_valid_responses()
    {
        // The valid ones are 1 and 3: halfway between is 2, and each carries half of the gradient.
        var result = Evaluate(Quantile(Policy, 0.5, Axis.Responses), [1, 99, 3], [true, false, true]);
        Assert.Equal(2, result.Losses[0]);
        Assert.Equal([0.5, 0, 0.5], result.Gradient(Columns.Policy).ToArray());
    }

    [Fact]
    public void Plackett_Luce_of_four_ranked_rewards_is_the_known_value()
    {
        // Σ_k (ln Σ_{j≥k} e^r_j − r_k) of 1.0, 0.2, −0.3, −1.1, best first; a masked response between them changes nothing.
        var loss = Sum(CumulativeLogSumExp(Policy, Axis.Responses, reverse: true) - Policy, Axis.Responses);
        var result = Evaluate(loss, [1.0, 0.2, 77, -0.3, -1.1], [true, true, false, true, true]);
        Assert.Equal(1.613982743, result.Losses[0], 1e-9);

        // ∂/∂r_i = Σ_{k≤i} softmax_{j≥k}(i) − 1; for the first, softmax over all minus 1.
        var all = new[] { 1.0, 0.2, -0.3, -1.1 }.Sum(Math.Exp);
        Assert.Equal((Math.Exp(1.0) / all) - 1, result.Gradient(Columns.Policy)[0], 1e-14);
        Assert.Equal(0, result.Gradient(Columns.Policy)[2]);
    }

    [Fact]
    public void A_row_value_spread_over_the_responses_collects_their_gradients()
    {
        // Σ_k (x_k − mean)² = 2 for 1, 2, 3: the derivative is 2(x_k − mean).
        var loss = Sum(Square(Policy - Mean(Policy, Axis.Responses)), Axis.Responses);
        var result = Evaluate(loss, [1, 2, 3], [true, true, true]);
        Assert.Equal(2, result.Losses[0], 1e-15);
        Assert.Equal([-2.0, 0, 2], result.Gradient(Columns.Policy).ToArray());
    }

    [Fact]
    public void A_row_without_a_valid_response_is_refused_by_its_number()
    {
        var refused = Assert.Throws<InvalidBatchException>(() => Evaluate(Sum(Policy, Axis.Responses), [1, 2, 3, 4], [true, false, false, false]));
        Assert.Equal(1, refused.Row);
    }

    private static LossResult<double> Evaluate(Expr formula, double[] policy, bool[] mask)
    {
        var perRow = policy.Length == 4 ? 2 : policy.Length;
        return new ResponsesLoss(formula).Evaluate(new PreferenceBatch<double> { Policy = policy, ResponsesPerRow = perRow, ResponseMask = mask });
    }

    private sealed record ResponsesLoss(Expr Formula) : PreferenceLoss("responses")
    {
        protected override LossGraph BuildGraph() => new([Formula], rewards: null);
    }
}
