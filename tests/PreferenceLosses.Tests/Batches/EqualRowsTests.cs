using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Batches;

/// <summary>
/// Equal rows: the mean is the number itself and the deviation exactly 0, also for numbers that sums do not hit, such as 0.1. A
/// deviation of 1e-17 instead would have a gradient of 1e17.
/// </summary>
public sealed class EqualRowsTests
{
    private static readonly PairLoss Deviation = Statistic("deviation", ρ => StandardDeviation(ρ));

    private static readonly PairLoss Spread = Statistic("variance", ρ => Variance(ρ));

    private static readonly PairLoss Average = Statistic("mean", ρ => Mean(ρ));

    [Theory]
    [InlineData(0.1)]
    [InlineData(1.0 / 3)]
    [InlineData(-123.456)]
    [InlineData(1e-3)]
    [InlineData(1e15)]
    public void Any_number_of_equal_rows_up_to_1000_has_no_deviation_and_that_mean(double value)
    {
        for (var rows = 2; rows <= 1000; rows++)
        {
            AssertExact<double>(value, rows);
            AssertExact<float>(value, rows);
        }
    }

    [Fact]
    public void So_have_rows_of_any_value() => Property.Check(
        Any.Difference.And(FsCheck.Fluent.Arb.From(FsCheck.Fluent.Gen.Choose(2, 1000))),
        both =>
        {
            // Thirds have no exact binary form.
            AssertExact<double>(both.First / 3, both.Second);
            AssertExact<float>(both.First / 3, both.Second);
        });

    [Fact]
    public void The_gradient_of_a_deviation_of_0_is_0()
    {
        var result = Deviation.On(Evaluating.At(0.1, 0.1, 0.1), reduction: Reduction.Sum);
        Assert.All(PairColumns.Names, column => Same.Bits([0, 0, 0], result.Gradient(column), column));
    }

    [Theory]
    [InlineData("aqfl")]
    [InlineData("aqfl-generated")]
    [InlineData("dbaql")]
    [InlineData("dbaql-generated")]
    public void The_gradient_of_a_loss_on_equal_rows_is_the_same_in_every_row_and_moderate(string name)
    {
        foreach (var rows in new[] { 2, 3, 10, 127, 128, 129, 1000 })
        {
            var gradient = Evaluating.Loss(name).Gradient(Evaluating.At([.. Enumerable.Repeat(0.1, rows)])).PolicyChosen;
            Assert.All(gradient, value => Assert.Equal(gradient[0], value));

            // β times at most 1 or e^(0.1·0.05·0.9), and 0.1/4 of a difference of 0.31.
            Assert.InRange(gradient[0], -0.07, -0.02);
        }
    }

    private static void AssertExact<T>(double value, int rows)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var batch = Evaluating.At([.. Enumerable.Repeat(value, rows)]).Batch<T>();
        var losses = new T[rows];
        var destination = new LossDestination<T> { Losses = losses };
        Deviation.Evaluate(batch, destination);
        Assert.Equal(T.Zero, losses[rows - 1]);
        Spread.Evaluate(batch, destination);
        Assert.Equal(T.Zero, losses[0]);
        Average.Evaluate(batch, destination);
        Assert.Equal(T.CreateTruncating(value), losses[rows / 2]);
    }

    /// <summary>A loss that is a statistic of ρ, the same in each row.</summary>
    private static PairLoss Statistic(string name, Func<Expr, Expr> statistic) =>
        PairLoss.Define(name, [], pair => Broadcast(statistic(pair.LogRatioDifference), Shape.Row));
}
