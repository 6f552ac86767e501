using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Batches;

public class TraceTests
{
    [Fact]
    public void Shows_every_named_value_and_its_adjoint_by_hand()
    {
        // c_w = 1, c_l = −1, ρ = 2, x = 0.25·2 = 0.5; one row, so the mean is the loss itself.
        var batch = new PreferenceBatch<double> { PolicyChosen = [-4], PolicyRejected = [-8], ReferenceChosen = [-5], ReferenceRejected = [-7] };
        var trace = new DpoLoss { Beta = 0.25 }.Trace(batch, 0);

        var slope = -1 / (1 + Math.Exp(0.5));   // dℓ/dx = −σ(−x)
        Assert.Equal(1.0, Assert.Single(trace["c_w"].Values));
        Assert.Equal(-1.0, Assert.Single(trace["c_l"].Values));
        Assert.Equal(2.0, Assert.Single(trace["ρ"].Values));
        Assert.Equal(0.5, Assert.Single(trace["x"].Values));
        Assert.Equal(Math.Log(1 + Math.Exp(-0.5)), trace["loss"].Values[0], 1e-15);
        Assert.Equal(slope, trace["x"].Adjoints[0], 1e-15);
        Assert.Equal(0.25 * slope, trace["ρ"].Adjoints[0], 1e-15);
        Assert.Equal(-0.25 * slope, trace["c_l"].Adjoints[0], 1e-15);
        Assert.Equal(0.25 * slope, trace[Columns.PolicyChosen].Adjoints[0], 1e-15);
        Assert.Equal(1.0, Assert.Single(trace["loss"].Adjoints));
        Assert.Equal(0.25, Assert.Single(trace["beta"].Values));
        Assert.Empty(trace["beta"].Adjoints);
    }

    [Fact]
    public void Agrees_with_the_evaluation_at_every_row_of_a_coupled_batch()
    {
        var loss = new AqflLoss();
        var input = PairColumns.Random(200, seed: 5);
        var result = loss.Evaluate(input.Batch<double>());
        for (var row = 0; row < input.Rows; row += 37)
        {
            var trace = loss.Trace(input.Batch<double>(), row);
            Assert.Equal(result.Losses[row], trace["loss"].Values[0]);
            Assert.Equal(Shape.Scalar, trace["a"].Shape);
            foreach (var column in PairColumns.Names)
            {
                Assert.Equal(input[column][row], trace[column].Values[0]);
                Assert.Equal(result.Gradient(column)[row], trace[column].Adjoints[0], 1e-15);
            }
        }
    }

    [Fact]
    public void Finds_where_a_NaN_came_from()
    {
        // The naive product: 0·∞ at x = −1000. The gate is 0, the exponential ∞, and the blend NaN.
        var beta = new Parameter("beta", "β", 1, Bounds.Positive, "");
        var naive = PairLoss.Define("naive", [beta], pair =>
        {
            var x = Named("x", beta * pair.LogRatioDifference);
            return Named("blend", Named("gate", Sigmoid(x)) * Named("growth", Exp(-x)));
        });
        var trace = naive.Trace(PairColumns.WithDifferences(1, -1000).Batch<double>(), 1);

        Assert.Equal(0.0, Assert.Single(trace["gate"].Values));
        Assert.Equal(double.PositiveInfinity, Assert.Single(trace["growth"].Values));
        Assert.Equal(double.NaN, Assert.Single(trace["blend"].Values));
        Assert.Contains("growth", trace.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Accepts_columns_that_are_not_finite()
    {
        var input = PairColumns.WithDifferences(1, 2).With(Columns.PolicyRejected, [double.NaN, -11]);
        Assert.True(double.IsNaN(new DpoLoss().Trace(input.Batch<double>(), 0)["x"].Values[0]));
        Assert.True(double.IsFinite(new DpoLoss().Trace(input.Batch<double>(), 1)["x"].Values[0]));
    }

    [Fact]
    public void A_two_half_loss_has_both_halves_and_a_sum_has_adjoints_of_the_sum()
    {
        var input = PairColumns.Random(3, seed: 2);
        var trace = new KtoPairLoss().Trace(input.Batch<double>(), 1, new EvaluationOptions { Reduction = Reduction.Sum });
        Assert.Equal(1.0, Assert.Single(trace["loss of the chosen half"].Adjoints));
        Assert.Equal(1.0, Assert.Single(trace["loss of the rejected half"].Adjoints));
        Assert.Equal(Shape.Scalar, trace["k_w"].Shape);
    }

    [Fact]
    public void Refuses_rows_that_are_not_there_and_names_that_are_not_known()
    {
        var batch = PairColumns.WithDifferences(1, 2).Batch<double>(weights: [1, 0]);
        var loss = new DpoLoss();
        Assert.Equal("row", ThrowsOutOfRange(loss, batch, 2).ParamName);
        Assert.Equal("row", ThrowsOutOfRange(loss, batch, -1).ParamName);
        Assert.Contains("weight of 0", Catch<ArgumentException>(loss, batch, 1).Message, StringComparison.Ordinal);
        Assert.Contains("c_w", Assert.Throws<ArgumentException>(() => loss.Trace(PairColumns.WithDifferences(1).Batch<double>(), 0)["nothing"]).Message, StringComparison.Ordinal);
    }

    private static ArgumentOutOfRangeException ThrowsOutOfRange(IPreferenceLoss loss, PreferenceBatch<double> batch, int row) =>
        Catch<ArgumentOutOfRangeException>(loss, batch, row);

    /// <summary>xunit's Throws takes a lambda, and a batch can't be captured by one.</summary>
    private static TException Catch<TException>(IPreferenceLoss loss, PreferenceBatch<double> batch, int row)
        where TException : Exception
    {
        try
        {
            loss.Trace(batch, row);
        }
        catch (TException exception)
        {
            return exception;
        }

        throw new Xunit.Sdk.XunitException($"Expected {typeof(TException).Name}.");
    }
}
