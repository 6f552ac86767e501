using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>What a graph refuses, and what it knows about its formulas.</summary>
public class GraphTests
{
    private static readonly Expr X = Input("x", Shape.Row, differentiable: true);
    private static readonly Expr Length = Input("length", Shape.Row, differentiable: false);
    private static readonly Expr K = Input("k", Shape.Responses, differentiable: true);
    private static readonly Parameter Beta = new("beta", "β", 0.1, Bounds.Positive);

    [Fact]
    public void A_graph_without_a_formula_or_with_three_is_refused()
    {
        Assert.Equal("losses", Assert.Throws<ArgumentException>(() => new LossGraph([], rewards: null)).ParamName);
        Assert.Equal("losses", Assert.Throws<ArgumentException>(() => new LossGraph(default, rewards: null)).ParamName);
        Assert.Equal("losses", Assert.Throws<ArgumentException>(() => new LossGraph([X, X, X], rewards: null)).ParamName);
        Assert.Throws<ArgumentNullException>(() => new LossGraph([null!], rewards: null));
    }

    [Fact]
    public void A_loss_that_is_already_reduced_is_refused()
    {
        var refusal = Assert.Throws<ArgumentException>(() => new LossGraph([Mean(X)], rewards: null));
        Assert.StartsWith("A loss has one value per row, and this formula has shape Scalar: leave the reduction to the caller.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_with_a_value_per_response_is_refused()
    {
        var refusal = Assert.Throws<ArgumentException>(() => new LossGraph([X, K], rewards: null));
        Assert.StartsWith("A loss has one value per row, and this formula has shape Responses: reduce it over the responses.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_input_in_two_shapes_is_refused()
    {
        var refusal = Assert.Throws<ArgumentException>(() => new LossGraph([X + Input("x", Shape.Scalar, differentiable: false)], rewards: null));
        Assert.Equal("The input 'x' is used in two ways (two shapes, or with and without a gradient).", refusal.Message);
    }

    [Fact]
    public void One_input_that_is_differentiable_here_and_not_there_is_refused() =>
        Assert.Throws<ArgumentException>(() => new LossGraph([X + Input("x", Shape.Row, differentiable: false)], rewards: null));

    [Fact]
    public void Two_parameters_of_one_name_are_refused()
    {
        var other = new Parameter("beta", "β", 0.5, Bounds.Finite);
        var refusal = Assert.Throws<ArgumentException>(() => new LossGraph([(Beta * X) + other], rewards: null));
        Assert.Equal("The parameter 'beta' is used with two different descriptions.", refusal.Message);
    }

    [Fact]
    public void Inputs_parameters_and_names_are_found_once_each_rewards_included()
    {
        var ratio = Named("ρ", X - Input("y", Shape.Row, differentiable: true));
        var graph = new LossGraph([Softplus(-Named("x", Beta * ratio)) + Exp(ratio)], new ImplicitRewards(Beta * X, Length));
        Assert.Equal(["x", "y", "length"], graph.Inputs.Select(i => i.Name));
        Assert.Same(Beta, Assert.Single(graph.Parameters));
        Assert.Equal(["ρ", "x"], graph.Named.Select(n => n.Name));
    }

    [Fact]
    public void The_gradient_has_an_entry_for_every_differentiable_input()
    {
        var gradient = new LossGraph([X * Length * Sum(K, Axis.Responses)], rewards: null).Gradient(1);
        Assert.Equal(["k", "x"], gradient.Keys.Order());
    }

    [Fact]
    public void The_gradient_of_a_2B_loss_is_that_of_the_sum_of_both()
    {
        var batch = new FormulaBatch(Rows: 3) { Columns = { ["x"] = [1, -2, 0.5] } };
        var both = new LossGraph([X * X, Exp(X)], rewards: null).Gradient(0.5);
        Assert.Equal([1 + (Math.E / 2), -2 + (Math.Exp(-2) / 2), 0.5 + (Math.Exp(0.5) / 2)], ReferenceEvaluator.Values(batch, both["x"])[0], (a, b) => Math.Abs(a - b) < 1e-15);
    }

    [Fact]
    public void An_upstream_weight_is_a_formula_of_the_rows_or_of_the_batch()
    {
        var graph = new LossGraph([X * X], rewards: null);
        var batch = new FormulaBatch(Rows: 3) { Columns = { ["x"] = [1, -2, 3], ["length"] = [10, 20, 30] } };
        Assert.Equal([20, -80, 180], ReferenceEvaluator.Values(batch, graph.Gradient(Length)["x"])[0]);
        Assert.Equal([2 / 3.0, -4 / 3.0, 2], ReferenceEvaluator.Values(batch, graph.Gradient(1 / BatchSize)["x"])[0], (a, b) => Math.Abs(a - b) < 1e-15);
    }

    public static TheoryData<string, Expr, bool> Couplings => new()
    {
        { "elementwise", Exp(X) * Beta, false },
        { "over the responses", Max(K, Axis.Responses) + ResponseCount, false },
        { "sorted responses", Sum(Sort(K, Axis.Responses) * ResponseIndex, Axis.Responses), false },
        { "a constant column", Broadcast(Constant(1), Shape.Row), false },
        { "mean", X - Mean(X), true },
        { "detached mean", X - StopGradient(Mean(X)), true },
        { "largest", X / Max(X), true },
        { "quantile", X - Quantile(X, 0.5), true },
        { "sort", Sort(X), true },
        { "scan", CumulativeSum(X), true },
        { "size", X / BatchSize, true },
        { "position", X * RowIndex, true },
    };

    [Theory]
    [MemberData(nameof(Couplings))]
    public void Rows_are_coupled_by_what_runs_over_the_batch_or_counts_it(string what, Expr loss, bool isCoupled) =>
        Assert.Equal((what, isCoupled), (what, new LossGraph([loss], rewards: null).IsBatchCoupled));

    public static TheoryData<string, Expr, int> Minima => new()
    {
        { "unbiased variance", X * Variance(X), 2 },
        { "unbiased deviation", X * StopGradient(StandardDeviation(X)), 2 },
        { "variance of the population", X * Variance(X, correction: 0), 1 },
        { "deviation of the responses", StandardDeviation(K, Axis.Responses), 1 },
        { "mean", X - Mean(X), 1 },
    };

    [Theory]
    [MemberData(nameof(Minima))]
    public void Only_an_unbiased_variance_over_the_batch_needs_two_rows(string what, Expr loss, int rows) =>
        Assert.Equal((what, rows), (what, new LossGraph([loss], rewards: null).MinimumRows));

    [Fact]
    public void Equal_structures_have_equal_keys_whatever_objects_they_are_made_of()
    {
        static LossGraph Graph(double number, string input, string name)
        {
            var x = Input(input, Shape.Row, differentiable: true);
            var beta = new Parameter("beta", "β", 0.1, Bounds.Positive);
            return new LossGraph([Softplus(-Named(name, beta * x)) * number], rewards: null);
        }

        var key = Graph(2, "x", "a").Key;
        Assert.Equal(key, Graph(2, "x", "a").Key);
        Assert.NotEqual(key, Graph(2.0000000000000004, "x", "a").Key);
        Assert.NotEqual(key, Graph(2, "y", "a").Key);
        Assert.NotEqual(key, Graph(2, "x", "b").Key);
    }

    [Fact]
    public void Different_structures_have_different_keys()
    {
        ImmutableArray<Expr>[] different =
        [
            [X], [-X], [X, X], [X + Length], [X - Length], [Length - X], [(X + Length) * X], [X + (Length * X)],
            [X * Mean(X)], [X * Max(X)], [X - Variance(X)], [X - Variance(X, correction: 0)], [X + 0.1], [X + 0.2],
            [X + Quantile(X, 0.1)], [X + Quantile(X, 0.2)], [Max(K, Axis.Responses)], [Min(K, Axis.Responses)],
            [X, Length], [Length, X], [Broadcast(Sum(X), Shape.Row)], [X + Sum(X)], [X + Input("length", Shape.Scalar, differentiable: false)],
        ];
        Assert.Equal(different.Length, different.Select(f => new LossGraph(f, rewards: null).Key).Distinct().Count());
        Assert.NotEqual(new LossGraph([X], rewards: null).Key, new LossGraph([X], new ImplicitRewards(X, X)).Key);
    }

    [Fact]
    public void No_two_losses_of_the_catalogue_have_one_key()
    {
        var keys = LossCatalog.BuiltIn.Entries.Select(e => e.Loss.Graph.Key).ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
    }

    [Fact]
    public void Values_of_parameters_are_not_part_of_the_key() =>
        Assert.Equal(new DpoLoss().Graph.Key, new DpoLoss { Beta = 0.7 }.Graph.Key);
}
