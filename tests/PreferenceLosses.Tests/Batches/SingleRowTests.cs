using PreferenceLosses.Tests.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>One row: refused, or PyTorch's NaN, where a statistic needs two rows; like two equal rows elsewhere.</summary>
public sealed class SingleRowTests
{
    private static readonly string[] WithVariance = ["dbaql", "dbaql-generated", "aqfl", "aqfl-generated", "aqfl-printed"];

    private static readonly PairColumns Pair = new([-10], [-13], [-11], [-12]);

    public static TheoryData<string> NeedingTwo => [.. WithVariance];

    public static TheoryData<string> NeedingOne => Claims.Where(claims => !WithVariance.Contains(claims.Name));

    [Theory]
    [MemberData(nameof(NeedingTwo))]
    public void A_loss_with_an_unbiased_variance_refuses_one_row_and_says_what_to_do(string name)
    {
        Assert.Equal(2, Evaluating.Loss(name).Graph.MinimumRows);
        var refused = Assert.Throws<InvalidBatchException>(() => Evaluating.Loss(name).On(Pair));
        Assert.Contains("at least 2 rows", refused.Message, StringComparison.Ordinal);
        Assert.Contains("unbiased variance", refused.Message, StringComparison.Ordinal);
        Assert.Contains("SingleRow.PyTorch", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(NeedingTwo))]
    public void One_row_among_rows_of_weight_0_is_one_row(string name) =>
        Assert.Throws<InvalidBatchException>(() => Evaluating.Loss(name).On(Evaluating.At(1, 2, 3), [0, 1, 0]));

    [Theory]
    [MemberData(nameof(NeedingTwo))]
    public void Into_memory_of_the_callers_it_is_refused_too(string name) => Assert.Throws<InvalidBatchException>(
        () => Evaluating.Loss(name).Evaluate(Pair.Batch<double>(), new LossDestination<double> { Losses = new double[1] }));

    [Theory]
    [MemberData(nameof(NeedingTwo))]
    public void On_request_everything_of_one_row_is_nan_as_in_PyTorch(string name)
    {
        var result = Evaluating.Loss(name).Evaluate(Pair.Batch<double>(), new EvaluationOptions { SingleRow = SingleRow.PyTorch });
        Assert.True(double.IsNaN(result.Value));
        Assert.True(double.IsNaN(result.Losses[0]));
        Assert.All(PairColumns.Names, column => Assert.True(double.IsNaN(result.Gradient(column)[0]), column));

        // The rewards have no statistic in them: β·1 and β·(−1).
        Assert.Equal(0.05, result.Rewards!.Chosen[0]);
        Assert.Equal(-0.05, result.Rewards.Rejected[0]);
    }

    [Theory]
    [MemberData(nameof(NeedingTwo))]
    public void Two_rows_are_enough(string name) =>
        Assert.True(double.IsFinite(Evaluating.Loss(name).On(PairColumns.WithDifferences(1, 2)).Value));

    [Theory]
    [MemberData(nameof(NeedingOne))]
    public void Elsewhere_one_row_has_the_loss_and_the_mean_gradient_of_two_equal_rows(string name)
    {
        var loss = Evaluating.Loss(name);
        Assert.Equal(1, loss.Graph.MinimumRows);
        var (one, two) = (loss.On(Pair), loss.On(PairColumns.From(column => [Pair[column][0], Pair[column][0]])));

        // Decaying weights add up to 1 in any batch, so that the mean is over one more row.
        var rows = name == "decaying-weights-logistic" ? 2 : 1;
        Assert.Equal(one.Value, two.Value * rows, 1e-15 * one.Value);
        foreach (var column in PairColumns.Names)
        {
            Assert.Equal(one.Gradient(column)[0], rows * (two.Gradient(column)[0] + two.Gradient(column)[1]), 1e-15);
        }

        // And asking for PyTorch's behaviour changes nothing.
        var asked = loss.Evaluate(Pair.Batch<double>(), new EvaluationOptions { SingleRow = SingleRow.PyTorch });
        Assert.Equal(one.Value, asked.Value);
    }
}
