using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>Batches that are refused, with the column, the row and what was expected.</summary>
public sealed class RefusedBatchTests
{
    /// <summary>Reads a scalar and a column of its own.</summary>
    private static readonly PairLoss Own = PairLoss.Define("own", [], pair =>
        Formulas.Input("quality", Shape.Row, differentiable: true)
        * Formulas.Softplus(Formulas.Input("shift", Shape.Scalar, differentiable: false) - pair.LogRatioDifference));

    public static TheoryData<string> EveryColumn => [.. PairColumns.Names];

    [Theory]
    [InlineData(Columns.PolicyChosen, "'policy_rejected' has 3 rows and 'policy_chosen' has 2")]
    [InlineData(Columns.PolicyRejected, "'policy_rejected' has 2 rows and 'policy_chosen' has 3")]
    [InlineData(Columns.ReferenceChosen, "'reference_chosen' has 2 rows and 'policy_chosen' has 3")]
    [InlineData(Columns.ReferenceRejected, "'reference_rejected' has 2 rows and 'policy_chosen' has 3")]
    public void A_column_of_another_length_is_named_with_both_lengths(string odd, string message)
    {
        // Of the first two columns nobody can say which one is wrong.
        var refused = Assert.Throws<InvalidBatchException>(() => new DpoLoss().On(Evaluating.At(1, 2, 3).With(odd, [0, 0])));
        Assert.Equal(odd == Columns.PolicyChosen ? Columns.PolicyRejected : odd, refused.Column);
        Assert.Null(refused.Row);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains("one value per row", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_of_weights_of_another_length_is_named()
    {
        var refused = Assert.Throws<InvalidBatchException>(() => new DpoLoss().On(Evaluating.At(1, 2, 3), [1, 1, 1, 1]));
        Assert.Equal("weight", refused.Column);
        Assert.Contains("4 rows", refused.Message, StringComparison.Ordinal);
        Assert.Contains("3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_column_is_a_column_of_no_rows_and_not_a_missing_one()
    {
        var refused = Assert.Throws<InvalidBatchException>(() => new DpoLoss().On(Evaluating.At(1).With(Columns.ReferenceChosen, [])));
        Assert.Equal(Columns.ReferenceChosen, refused.Column);
        Assert.Contains("has 0 rows", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryColumn))]
    public void A_missing_column_is_named_with_those_that_the_loss_reads(string missing)
    {
        double[] Values(string column) => column == missing ? [] : [1];
        var refused = Assert.Throws<InvalidBatchException>(() => new DpoLoss().Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = OrNothing(Values(Columns.PolicyChosen)),
            PolicyRejected = OrNothing(Values(Columns.PolicyRejected)),
            ReferenceChosen = OrNothing(Values(Columns.ReferenceChosen)),
            ReferenceRejected = OrNothing(Values(Columns.ReferenceRejected)),
        }));
        Assert.Equal(missing, refused.Column);
        Assert.Contains("is missing", refused.Message, StringComparison.Ordinal);
        Assert.All(PairColumns.Names, column => Assert.Contains(column, refused.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_batch_of_unpaired_examples_is_called_that()
    {
        var refused = Assert.Throws<InvalidBatchException>(
            () => new DpoLoss().Evaluate(new PreferenceBatch<double> { Policy = new double[] { 1 }, Reference = new double[] { 1 } }));
        Assert.Contains("unpaired", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Columns.PolicyChosen, double.NaN, "NaN")]
    [InlineData(Columns.PolicyRejected, double.PositiveInfinity, "Infinity")]
    [InlineData(Columns.ReferenceChosen, double.NegativeInfinity, "-Infinity")]
    [InlineData(Columns.ReferenceRejected, double.NaN, "NaN")]
    public void A_value_that_is_not_finite_is_refused_with_its_column_and_row(string column, double value, string shown)
    {
        // 300 rows: the third block of 128.
        var pairs = PairColumns.Random(300, seed: 1);
        pairs[column][290] = value;
        var refused = Assert.Throws<InvalidBatchException>(() => new DpoLoss().On(pairs));
        AssertMessage(refused);
        AssertMessage(Assert.Throws<InvalidBatchException>(() => new DpoLoss().Evaluate(pairs.Batch<float>())));
        AssertMessage(Assert.Throws<InvalidBatchException>(() => new DpoLoss().Evaluate(pairs.Batch<double>(), new LossDestination<double>())));

        void AssertMessage(InvalidBatchException refused)
        {
            Assert.Equal(column, refused.Column);
            Assert.Equal(290, refused.Row);
            Assert.Contains($"'{column}' is {shown} at row 290", refused.Message, StringComparison.Ordinal);
            Assert.Contains("finite number", refused.Message, StringComparison.Ordinal);
            Assert.Contains("weight of 0", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_row_of_a_value_that_is_not_finite_is_counted_in_the_column_also_behind_rows_of_weight_0()
    {
        var refused = Assert.Throws<InvalidBatchException>(
            () => new DpoLoss().On(Evaluating.At(double.NaN, double.NaN, 1, double.NaN), [0, 0, 1, 1]));
        Assert.Equal(3, refused.Row);
    }

    [Fact]
    public void A_missing_scalar_and_a_missing_column_of_ones_own_are_named()
    {
        var scalars = new Dictionary<string, double> { ["shift"] = 1 };
        var other = new Dictionary<string, ReadOnlyMemory<double>> { ["quality"] = new double[] { 2 } };

        Assert.Equal("shift", Refuse(null, other).Column);
        Assert.Equal("quality", Refuse(scalars, null).Column);
        Assert.Equal("quality", Refuse(scalars, new() { ["quality"] = new double[] { 1, 2 } }).Column);

        var notFinite = Refuse(new() { ["shift"] = double.NaN }, other);
        Assert.Equal("shift", notFinite.Column);
        Assert.Contains("NaN", notFinite.Message, StringComparison.Ordinal);

        var notFiniteColumn = Refuse(scalars, new() { ["quality"] = new[] { double.NaN } });
        Assert.Equal(("quality", 0), (notFiniteColumn.Column, notFiniteColumn.Row));
    }

    [Fact]
    public void A_column_and_a_scalar_of_ones_own_are_read_and_the_column_has_a_gradient()
    {
        // quality·S(shift − ρ) at quality 2, shift = ρ: 2 ln 2, and ln 2 per unit of quality.
        var result = Own.Evaluate(Batch(
            new() { ["shift"] = 1 }, new() { ["quality"] = new double[] { 2 } }));
        Assert.Equal(2 * Math.Log(2), result.Value, 1e-15);
        Assert.Equal(Math.Log(2), result.Gradient("quality")[0], 1e-15);
        Assert.Equal(-1, result.Gradient(Columns.PolicyChosen)[0], 1e-15);
    }

    [Fact]
    public void A_column_that_the_loss_does_not_read_has_to_have_the_length_of_the_others_but_may_hold_anything()
    {
        PreferenceBatch<double> Batch(params double[] lengths) => new()
        {
            PolicyChosen = Zeros(2), PolicyRejected = Zeros(2), ReferenceChosen = Zeros(2), ReferenceRejected = Zeros(2), ChosenLength = lengths,
        };
        Assert.Equal(Math.Log(2), new DpoLoss().Evaluate(Batch(double.NaN, double.PositiveInfinity)).Value, 1e-15);
        Assert.Equal(Columns.ChosenLength, Assert.Throws<InvalidBatchException>(() => new DpoLoss().Evaluate(Batch(1, 2, 3))).Column);
    }

    [Fact]
    public void Without_rows_a_column_written_as_an_empty_expression_is_one_of_no_rows()
    {
        // One column of the four is an empty array; a span of [] cannot be told from none.
        var batch = new PreferenceBatch<double> { PolicyChosen = Array.Empty<double>(), PolicyRejected = [], ReferenceChosen = [], ReferenceRejected = [] };
        Assert.Equal(0, new DpoLoss().Evaluate(batch, new EvaluationOptions { Reduction = Reduction.Sum }).Value);
        Assert.Throws<InvalidBatchException>(() => new DpoLoss().Evaluate(new PreferenceBatch<double>()));
    }

    [Fact]
    public void A_precision_that_is_neither_float_nor_double_is_refused_by_name()
    {
        var refused = Assert.Throws<NotSupportedException>(() => new DpoLoss().Evaluate(Evaluating.At(1).Batch<Half>()));
        Assert.Contains("Half", refused.Message, StringComparison.Ordinal);
        Assert.Contains("float and double", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_of_ones_own_may_not_have_the_name_of_the_weights()
    {
        var loss = PairLoss.Define("own", [], pair => Formulas.Input("weight", Shape.Row, differentiable: false) * pair.LogRatioDifference);
        Assert.Contains("'weight'", Assert.Throws<ArgumentException>(() => loss.On(Evaluating.At(1), [1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_number_of_threads_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EvaluationOptions { MaxThreads = -1 });

    [Fact]
    public void A_gradient_that_there_is_none_of_is_refused_with_those_that_there_are()
    {
        var refused = Assert.Throws<ArgumentException>(() => new DpoLoss().On(Evaluating.At(1)).Gradient("policy").Length);
        Assert.Contains("'policy'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Columns.ReferenceRejected, refused.Message, StringComparison.Ordinal);
    }

    private static InvalidBatchException Refuse(Dictionary<string, double>? scalars, Dictionary<string, ReadOnlyMemory<double>>? other) =>
        Assert.Throws<InvalidBatchException>(() => Own.Evaluate(Batch(scalars, other)));

    private static PreferenceBatch<double> Batch(Dictionary<string, double>? scalars, Dictionary<string, ReadOnlyMemory<double>>? other) => new()
    {
        PolicyChosen = new double[] { 1 },
        PolicyRejected = new double[] { 0 },
        ReferenceChosen = new double[] { 0 },
        ReferenceRejected = new double[] { 0 },
        Scalars = scalars,
        Other = other,
    };

    private static double[] Zeros(int rows) => new double[rows];

    private static ReadOnlySpan<double> OrNothing(double[] values) => values.Length == 0 ? default : values;
}
