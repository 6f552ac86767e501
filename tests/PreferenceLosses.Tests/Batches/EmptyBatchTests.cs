using PreferenceLosses.Tests.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>A batch of no rows: empty results, a sum of 0, and no mean.</summary>
public sealed class EmptyBatchTests
{
    public static TheoryData<string> EveryLoss => Claims.Where(_ => true);

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void No_rows_have_no_losses_no_gradients_and_no_mean(string name)
    {
        var loss = Evaluating.Loss(name);
        var result = loss.On(Evaluating.At());
        Assert.Equal(0, result.Losses.Length);
        Assert.Equal(0, result.Rows);
        Assert.Equal(LossRun.Differentiated(loss, Evaluating.At()).Order(), result.GradientColumns.Order());
        Assert.All(PairColumns.Names, column => Assert.Equal(0, result.Gradient(column).Length));
        Assert.Equal(0, result.Rewards!.Margins.Length);
        Assert.True(double.IsNaN(result.Rewards.Accuracy) && double.IsNaN(result.Rewards.MeanChosen) && double.IsNaN(result.Rewards.MeanRejected));
        Assert.Contains("mean of nothing", Assert.Throws<InvalidOperationException>(() => result.Value).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void The_sum_over_no_rows_is_0(string name) =>
        Assert.Equal(0, Evaluating.Loss(name).On(Evaluating.At(), reduction: Reduction.Sum).Value);

    [Fact]
    public void Into_memory_of_the_callers_the_mean_of_no_rows_is_refused_and_the_sum_is_0()
    {
        var loss = Evaluating.Loss("dpo");
        var refused = Assert.Throws<InvalidBatchException>(
            () => loss.Evaluate(Evaluating.At().Batch<double>(), new LossDestination<double> { Losses = Array.Empty<double>() }));
        Assert.Null(refused.Column);
        Assert.Null(refused.Row);
        Assert.Contains("the sum is 0", refused.Message, StringComparison.Ordinal);

        Assert.Equal(0, loss.Evaluate(
            Evaluating.At().Batch<double>(), new LossDestination<double>(), new EvaluationOptions { Reduction = Reduction.Sum }));
    }

    [Fact]
    public void The_mean_of_rows_that_all_have_weight_0_is_refused_but_what_was_wanted_is_cleared()
    {
        double[] losses = [7, 7], gradient = [7, 7];
        Assert.Throws<InvalidBatchException>(() => Evaluating.Loss("dpo").Evaluate(
            Evaluating.At(1, 2).Batch<double>([0, 0]), new LossDestination<double> { Losses = losses, PolicyChosen = gradient }));
        Same.Bits([0, 0], losses);
        Same.Bits([0, 0], gradient);

        var sum = Evaluating.Loss("dpo").Evaluate(
            Evaluating.At(1, 2).Batch<double>([0, 0]), new LossDestination<double>(), new EvaluationOptions { Reduction = Reduction.Sum });
        Assert.Equal(0, sum);
    }

    [Fact]
    public void A_vector_Jacobian_product_of_no_rows_is_0() => Assert.Equal(0, Evaluating.Loss("kto-pair").VectorJacobianProduct(
        Evaluating.At().Batch<double>(), [], new LossDestination<double>()));
}
