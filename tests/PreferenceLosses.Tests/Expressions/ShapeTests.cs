using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>Shapes follow from the operands; what has none is refused as it is written, with advice.</summary>
public class ShapeTests
{
    private static readonly Expr OfBatch = Input("s", Shape.Scalar, differentiable: false);
    private static readonly Expr OfRow = Input("r", Shape.Row, differentiable: true);
    private static readonly Expr OfResponses = Input("k", Shape.Responses, differentiable: true);

    [Fact]
    public void An_elementwise_operation_has_the_largest_shape_of_its_operands()
    {
        foreach (var operation in Enum.GetValues<Operation>().Where(o => o.IsElementwise()))
        {
            Assert.All(OperationSamples.Of(operation), f => Assert.Equal(f.Operands.Max(o => o.Shape), f.Shape));
        }
    }

    [Fact]
    public void A_reduction_over_the_batch_is_a_scalar_and_over_the_responses_a_row()
    {
        foreach (var operation in Enum.GetValues<Operation>().Where(o => o.IsReduction()))
        {
            Assert.All(OperationSamples.Of(operation), f => Assert.Equal(f.Axis == Axis.Batch ? Shape.Scalar : Shape.Row, f.Shape));
        }
    }

    [Fact]
    public void A_sort_or_scan_keeps_the_shape()
    {
        foreach (var operation in Enum.GetValues<Operation>().Where(o => o.IsSortOrScan()))
        {
            Assert.All(OperationSamples.Of(operation), f => Assert.Equal(f.Operands[0].Shape, f.Shape));
        }
    }

    [Fact]
    public void Every_operation_belongs_to_exactly_one_family() => Assert.All(Enum.GetValues<Operation>(), operation => Assert.Single(
        new[] { operation.IsLeaf(), operation.IsWrapper(), operation.IsElementwise(), operation.IsReduction(), operation.IsSortOrScan() }, isOne => isOne));

    [Fact]
    public void Broadcasting_to_the_same_shape_is_the_node_itself() => Assert.Same(OfRow, Broadcast(OfRow, Shape.Row));

    [Fact]
    public void Broadcasting_to_a_smaller_shape_is_refused()
    {
        var refusal = Assert.Throws<ArgumentException>(() => Broadcast(OfResponses, Shape.Row));
        Assert.Equal("shape", refusal.ParamName);
        Assert.StartsWith("A value of shape Responses can't be broadcast to the smaller shape Row.", refusal.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Func<Expr>, string> Misshapen => new()
    {
        { () => Sum(OfResponses), "Sum over Batch needs a value of shape Row, and this one has shape Responses: reduce it over the responses first." },
        { () => Mean(OfBatch), "Mean over Batch needs a value of shape Row, and this one has shape Scalar: a scalar is already reduced; Broadcast makes a column of it." },
        { () => Max(OfRow, Axis.Responses), "ReduceMax over Responses needs a value of shape Responses, and this one has shape Row: Broadcast repeats it over the responses." },
        { () => LogSumExp(OfBatch, Axis.Responses), "LogSumExp over Responses needs a value of shape Responses, and this one has shape Scalar: a scalar is already reduced; Broadcast makes a column of it." },
        { () => Sort(OfResponses), "SortBy over Batch needs a value of shape Row, and this one has shape Responses: reduce it over the responses first." },
        { () => SortBy(OfRow, OfBatch), "SortBy over Batch needs a value of shape Row, and this one has shape Scalar: a scalar is already reduced; Broadcast makes a column of it." },
        { () => UnsortBy(OfResponses, OfRow, Axis.Responses), "UnsortBy over Responses needs a value of shape Responses, and this one has shape Row: Broadcast repeats it over the responses." },
        { () => CumulativeSum(OfBatch), "CumulativeSum over Batch needs a value of shape Row, and this one has shape Scalar: a scalar is already reduced; Broadcast makes a column of it." },
    };

    [Theory]
    [MemberData(nameof(Misshapen))]
    public void An_axis_that_the_operand_does_not_have_is_refused_with_advice(Func<Expr> formula, string message)
    {
        var refusal = Assert.Throws<ArgumentException>(formula);
        Assert.Equal("x", refusal.ParamName);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_level_outside_0_to_1_is_refused(double level) =>
        Assert.Equal("level", Assert.Throws<ArgumentOutOfRangeException>(() => Quantile(OfRow, level)).ParamName);

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_correction_other_than_0_and_1_is_refused(int correction)
    {
        Assert.Equal("correction", Assert.Throws<ArgumentOutOfRangeException>(() => Variance(OfRow, correction: correction)).ParamName);
        Assert.Equal("correction", Assert.Throws<ArgumentOutOfRangeException>(() => StandardDeviation(OfRow, correction: correction)).ParamName);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Policy")]
    [InlineData("policy-chosen")]
    [InlineData("2nd")]
    [InlineData("_x")]
    [InlineData("β")]
    [InlineData("policy chosen")]
    public void A_name_of_an_input_or_parameter_that_is_not_snake_case_is_refused(string? name)
    {
        Assert.Equal("name", Assert.Throws<ArgumentException>(() => Input(name!, Shape.Row, differentiable: true)).ParamName);
        Assert.Equal("name", Assert.Throws<ArgumentException>(() => new Parameter(name!, "p", 1, Bounds.Finite)).ParamName);
    }

    [Fact]
    public void A_scalar_input_is_not_differentiable() =>
        Assert.Equal("differentiable", Assert.Throws<ArgumentException>(() => Input("s", Shape.Scalar, differentiable: true)).ParamName);

    [Fact]
    public void A_name_of_letters_digits_and_underscores_is_accepted() => Assert.Equal("x_2", Input("x_2", Shape.Row, differentiable: true).Name);

    [Fact]
    public void A_sub_expression_needs_a_name()
    {
        Assert.Throws<ArgumentNullException>(() => Named(null!, OfRow));
        Assert.Throws<ArgumentException>(() => Named(" ", OfRow));
        Assert.Throws<ArgumentNullException>(() => Named("x", null!));
    }

    [Fact]
    public void A_missing_operand_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Exp(null!));
        Assert.Throws<ArgumentNullException>(() => OfRow + null!);
        Assert.Throws<ArgumentNullException>(() => Sum(null!));
        Assert.Throws<ArgumentNullException>(() => SortBy(OfRow, null!));
    }

    [Fact]
    public void A_missing_operand_of_a_wrapper_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => StopGradient(null!));
        Assert.Throws<ArgumentNullException>(() => Broadcast(null!, Shape.Row));
    }
}
