using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Expressions;

public class LossGraphTests
{
    private static readonly Expr Column = Input("a", Shape.Row, differentiable: true);

    [Fact]
    public void A_loss_has_one_value_per_row()
    {
        Refused("leave the reduction to the caller", () => new LossGraph([Mean(Column)], rewards: null));
        Refused("over the responses", () => new LossGraph([Input("k", Shape.Responses, differentiable: true)], rewards: null));
        Refused("one formula, or two", () => new LossGraph([Column, Column, Column], rewards: null));
    }

    [Fact]
    public void Rewards_of_other_shapes_are_repeated_or_refused()
    {
        var spread = new LossGraph([Column], new ImplicitRewards(Mean(Column), 0));
        Assert.Equal(Shape.Row, spread.Rewards!.Chosen.Shape);
        Assert.Equal(Shape.Row, spread.Rewards.Rejected.Shape);
        Refused("can't be broadcast", () => new LossGraph([Column], new ImplicitRewards(Input("k", Shape.Responses, differentiable: true), Column)));
    }

    [Fact]
    public void One_name_means_one_thing()
    {
        var one = new Parameter("beta", "β", 1, Bounds.Positive);
        var other = new Parameter("beta", "β", 7, Bounds.Finite);
        Refused("'beta'", () => new LossGraph([(one * Column) + other], rewards: null));
        Refused("'a'", () => new LossGraph([Column + Input("a", Shape.Row, differentiable: false)], rewards: null));
        Refused("'a'", () => new LossGraph([Column + Input("a", Shape.Scalar, differentiable: false)], rewards: null));
    }

    [Fact]
    public void A_loss_reads_at_most_64_inputs()
    {
        Expr Total(int count) => Enumerable.Range(0, count).Select(i => Input($"c{i}", Shape.Row, differentiable: true)).Aggregate((a, b) => a + b);
        Assert.Equal(64, new LossGraph([Total(64)], rewards: null).Inputs.Length);
        Refused("65", () => new LossGraph([Total(65)], rewards: null));
    }

    [Fact]
    public void Coupling_and_the_number_of_rows_are_those_of_the_losses_not_of_the_rewards()
    {
        var pointwise = new LossGraph([Column], new ImplicitRewards(Column - Mean(Column), Variance(Column)));
        Assert.False(pointwise.IsBatchCoupled);
        Assert.Equal(1, pointwise.MinimumRows);
        Assert.Equal(2, new LossGraph([Column * Variance(Column)], rewards: null).MinimumRows);
        Assert.Equal(1, new LossGraph([Column * Variance(Column, correction: 0)], rewards: null).MinimumRows);
        Assert.True(new LossGraph([Column * RowIndex], rewards: null).IsBatchCoupled);
    }

    private static void Refused(string word, Func<object> build) =>
        Assert.Contains(word, Assert.Throws<ArgumentException>(() => build()).Message, StringComparison.Ordinal);
}
