using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>The vector–Jacobian product itself: seeds, accumulation, shapes of adjoints, and what no gradient flows through.</summary>
public class DifferentiationTests
{
    /// <summary>Which <see cref="Input"/> refuses: it stands for what a mean or a quantile passes on.</summary>
    private static readonly Expr S = new(Operation.Input, Shape.Scalar, [], value: 1, "s");
    private static readonly Expr R = Input("r", Shape.Row, differentiable: true);
    private static readonly Expr K = Input("k", Shape.Responses, differentiable: true);

    private static readonly FormulaBatch Batch = new(Rows: 3, Responses: 2)
    {
        Scalars = { ["s"] = 2 },
        Columns = { ["r"] = [1, 2, 4], ["k"] = [1, 2, 3, 4, 5, 6] },
        Mask = [true, true, false, true, true, true],
    };

    [Fact]
    public void One_seed_is_needed_for_each_output()
    {
        var refusal = Assert.Throws<ArgumentException>(() => Differentiation.VectorJacobianProduct([R, R], [1]));
        Assert.StartsWith("There are 2 outputs and 1 seeds; one per output is needed.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_larger_than_its_output_is_refused()
    {
        var refusal = Assert.Throws<ArgumentException>(() => Differentiation.VectorJacobianProduct([R, Sum(R)], [1, R]));
        Assert.StartsWith("Seed 1 has shape Row, its output Scalar.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Differentiation.VectorJacobianProduct(null!, []));
        Assert.Throws<ArgumentNullException>(() => Differentiation.VectorJacobianProduct([], null!));
    }

    [Fact]
    public void An_output_that_is_an_input_has_its_seed_for_a_derivative() => AssertGradient([3, 3, 3], R, [R], [3]);

    [Fact]
    public void Contributions_of_several_outputs_and_uses_add_up() => AssertGradient([5 + 2, 5 + 4, 5 + 8], R, [2 * R, R * R, 3 * R], [1, 1, 1]);

    [Fact]
    public void The_same_output_twice_counts_twice() => AssertGradient([5, 5, 5], R, [R, R], [2, 3]);

    [Fact]
    public void An_input_that_the_outputs_do_not_depend_on_has_derivative_0() => AssertGradient([0], S, [R], [1]);

    [Fact]
    public void An_input_that_is_not_differentiable_has_derivative_0()
    {
        var length = Input("length", Shape.Row, differentiable: false);
        Assert.Equal(Operation.Constant, Differentiation.VectorJacobianProduct([R * length], [1])[length].Operation);
    }

    [Fact]
    public void What_is_broadcast_collects_from_all_rows_and_valid_responses()
    {
        // Three rows; five valid responses, of which row 1 has one.
        AssertGradient([3], S, [S + R], [1]);
        AssertGradient([5], S, [S + K], [1]);
        AssertGradient([2, 1, 2], R, [R + K], [1]);
        AssertGradient([1 + 2 + 4], S, [S * R], [1]);
        AssertGradient([1 + 2 + 4 + 5 + 6], S, [S * K], [1]);
        AssertGradient([3, 4, 11], R, [R * K], [1]);
    }

    [Fact]
    public void A_derivative_that_is_the_same_everywhere_is_multiplied_by_how_often_it_counts()
    {
        // Adjoints stay scalars here: they count rows, valid responses, or both.
        AssertGradient([3], S, [Broadcast(S, Shape.Row)], [1]);
        AssertGradient([5], S, [Broadcast(S, Shape.Responses)], [1]);
        AssertGradient([2, 1, 2], R, [Broadcast(R, Shape.Responses)], [1]);
        AssertGradient([7 * 5], S, [Sum(Sum(Broadcast(S, Shape.Responses), Axis.Responses))], [7]);
        AssertGradient([7, 7, 7], R, [Sum(R)], [7]);
        AssertGradient([1, 1, 0, 1, 1, 1], K, [Sum(Sum(K, Axis.Responses))], [1]);
    }

    [Fact]
    public void Means_divide_by_rows_and_valid_responses()
    {
        AssertGradient([1 / 3.0, 1 / 3.0, 1 / 3.0], R, [Mean(R)], [1]);
        AssertGradient([0.5, 0.5, 0, 1, 0.5, 0.5], K, [Mean(K, Axis.Responses)], [1]);
        AssertGradient([1], S, [Mean(Broadcast(S, Shape.Row))], [1]);
    }

    [Fact]
    public void No_gradient_flows_through_stop_gradient_comparisons_conditions_and_sort_keys()
    {
        AssertGradient([1, 2, 4], R, [R * StopGradient(R)], [1]);
        AssertGradient([0, 0, 0], R, [StopGradient(Exp(R))], [1]);
        AssertGradient([0, 0, 0], R, [(R < 3) + Sign(R)], [1]);
        AssertGradient([0, 0, 0], R, [Where(R, 1, 2)], [1]);
        AssertGradient([0, 0, 0], R, [SortBy(StopGradient(R), R)], [1]);
    }

    [Fact]
    public void Names_change_nothing() => AssertGradient([2, 4, 8], R, [Named("square", R * Named("r", R))], [1]);

    private static void AssertGradient(double[] expected, Expr input, Expr[] outputs, Expr[] seeds)
    {
        var adjoint = Differentiation.VectorJacobianProduct(outputs, seeds)[input];
        Assert.Equal(expected, ReferenceEvaluator.Values(Batch, Broadcast(adjoint, input.Shape))[0]);
        Assert.Equal(expected, FormulaRunner.Run<double>(Batch, [Broadcast(adjoint, input.Shape)])[0]);
    }
}
