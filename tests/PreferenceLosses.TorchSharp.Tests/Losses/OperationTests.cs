using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Torch.Tests.Support;
using TorchSharp;
using static PreferenceLosses.Expressions.Formulas;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch.Tests.Losses;

/// <summary>Every operation of formulas, at kinks, at ties and in tails: libtorch's value and autograd against the core's.</summary>
public sealed class OperationTests
{
    /// <summary>Operations of one or two columns, and over the batch.</summary>
    private static readonly Dictionary<string, Func<Expr, Expr, Expr>> OfRows = new()
    {
        ["negate"] = (x, _) => -x,
        ["abs"] = (x, _) => Abs(x),
        ["sign"] = (x, y) => Sign(x) * y,
        ["relu"] = (x, _) => Relu(x),
        ["sqrt"] = (x, _) => Sqrt(Abs(x) + 1),
        ["exp"] = (x, _) => Exp(x),
        ["expm1"] = (x, _) => Expm1(x),
        ["log"] = (x, _) => Log(Abs(x) + 0.5),
        ["log1p"] = (x, _) => Log1p(Abs(x)),
        ["log1mexp"] = (x, _) => Log1mExp(-Abs(x) - 1e-3),
        ["sigmoid"] = (x, _) => Sigmoid(x),
        ["log-sigmoid"] = (x, _) => LogSigmoid(x),
        ["softplus"] = (x, _) => Softplus(x),
        ["tanh"] = (x, _) => Tanh(x),
        ["sin"] = (x, _) => Sin(x),
        ["cos"] = (x, _) => Cos(x),
        ["atan"] = (x, _) => Atan(x),
        ["erf"] = (x, _) => Erf(x / 4),
        ["erfc"] = (x, _) => Erfc(x / 4),
        ["round-to-single"] = (x, y) => RoundToSingle(x / 3) * y,
        ["add"] = (x, y) => x + y + 3,
        ["subtract"] = (x, y) => 2 - (x - y),
        ["multiply"] = (x, y) => x * y,
        ["divide"] = (x, y) => x / (Abs(y) + 1),
        ["power"] = (x, y) => Power(Abs(x) + 1, y / 10) + Power(x, 3),
        ["minimum"] = Minimum,
        ["maximum"] = Maximum,
        ["log-add-exp"] = LogAddExp,
        ["less"] = (x, y) => (x < y) * x,
        ["less-or-equal"] = (x, y) => (x <= y) * x,
        ["equal"] = (x, y) => EqualTo(x, y) * x,
        ["select"] = (x, y) => Where(x < y, Square(x), 3 * y),
        ["select of numbers"] = (x, _) => Where(x < 0, 2, 3) * x,
        ["clamp"] = (x, y) => Clamp(x, -3, 25) + Clamp(y, x, 20),
        ["stop-gradient"] = (x, y) => StopGradient(Exp(x / 10)) * y,
        ["named"] = (x, y) => Named("ρ", x - y) * x,
        ["batch size and row index"] = (x, _) => x * BatchSize * RowIndex,
        ["sum"] = (x, y) => Sum(x * y) * x,
        ["mean"] = (x, y) => Mean(x) * y,
        ["product"] = (x, y) => Product((x / 20) + 1) * y,
        ["variance"] = (x, y) => (Variance(x) + Variance(y, correction: 0)) * x,
        ["standard deviation"] = (x, y) => (StandardDeviation(x) + StandardDeviation(y, correction: 0)) * x,
        ["standard deviation of 0"] = (x, _) => x * (StandardDeviation(x - StopGradient(x)) + 1),
        ["min"] = (x, y) => Min(Maximum(x, y)) * y,
        ["max"] = (x, y) => Max(Minimum(x, 1)) * y,
        ["log-sum-exp"] = (x, y) => LogSumExp(x) * y,
        ["quantile"] = (x, y) => Quantile(x, 0.3) * y,
        ["quantiles at the ends"] = (x, y) => (Quantile(x, 0) + Quantile(x, 1)) * y,
        ["sort"] = (x, y) => SortBy(x, y) * x,
        ["unsort"] = (x, y) => UnsortBy(x, y) * x,
        ["cumulative sum"] = (x, y) => CumulativeSum(x) * y,
        ["reverse cumulative sum"] = (x, y) => CumulativeSum(x, reverse: true) * y,
        ["cumulative log-sum-exp"] = (x, y) => CumulativeLogSumExp(x) * y,
        ["reverse cumulative log-sum-exp"] = (x, y) => CumulativeLogSumExp(x, reverse: true) * y,
    };

    /// <summary>Operations over the responses to a prompt, some of which are not there.</summary>
    private static readonly Dictionary<string, Func<Expr, Expr, Expr>> OfResponses = new()
    {
        ["sum"] = (x, y) => Sum(x * y, Axis.Responses),
        ["mean"] = (x, y) => Mean(x * y, Axis.Responses),
        ["product"] = (x, _) => Product((x / 20) + 1, Axis.Responses),
        ["variance"] = (x, y) => Variance(x * y, Axis.Responses, correction: 0),
        ["standard deviation"] = (x, y) => StandardDeviation(x * y, Axis.Responses, correction: 0),
        ["min"] = (x, y) => Min(x * y, Axis.Responses),
        ["max"] = (x, y) => Max(x * y, Axis.Responses),
        ["log-sum-exp"] = (x, _) => LogSumExp(x, Axis.Responses),
        ["quantile"] = (x, y) => Quantile(x * y, 0.3, Axis.Responses),
        ["sort"] = (x, y) => Sum(SortBy(x, y, Axis.Responses) * CumulativeSum(y, Axis.Responses), Axis.Responses),
        ["unsort"] = (x, y) => Sum(UnsortBy(x, y, Axis.Responses) * y, Axis.Responses),
        ["running sums"] = (x, y) => Sum(CumulativeSum(x, Axis.Responses) * CumulativeSum(y, Axis.Responses, reverse: true), Axis.Responses),
        ["running log-sum-exps"] = (x, y) => Sum(
            CumulativeLogSumExp(x, Axis.Responses) + (y * CumulativeLogSumExp(x, Axis.Responses, reverse: true)), Axis.Responses),
        ["counts and places"] = (x, y) => Sum(x * ResponseIndex, Axis.Responses) * ResponseCount,
        ["a value per row"] = (x, y) => Sum(x * Mean(x, Axis.Responses), Axis.Responses),
        ["over rows after responses"] = (x, y) => Mean(Sum(x, Axis.Responses)) * Max(x, Axis.Responses),
    };

    public static TheoryData<string> NamesOfRows => [.. OfRows.Keys];

    public static TheoryData<string> NamesOfResponses => [.. OfResponses.Keys];

    [TorchTheory]
    [MemberData(nameof(NamesOfRows))]
    public void Of_rows(string name)
    {
        var formula = OfRows[name](Input(Columns.PolicyChosen, Shape.Row, differentiable: true), Input(Columns.PolicyRejected, Shape.Row, differentiable: true));
        double[] x = [-40, -25, -20.5, -1, -0.25, 0, 0, 0.5, 1, 19.5, 21, 33, 40];
        double[] y = [3, -25, 7, -1, 0.5, 0, -2, 0.5, 19, 20, -8, 1, 1];
        Check(formula, new FormulaBatch(x.Length) { Columns = { [Columns.PolicyChosen] = x, [Columns.PolicyRejected] = y } });
    }

    /// <summary>Tensors of libtorch's device without memory: that an operand was left on the CPU it refuses as a GPU does. (What is not among these it does not compute at all.)</summary>
    [TorchTheory]
    [InlineData("minimum")]
    [InlineData("maximum")]
    [InlineData("log-add-exp")]
    [InlineData("less")]
    [InlineData("clamp")]
    public void On_another_device_no_operand_is_on_the_CPU(string name)
    {
        using var scope = NewDisposeScope();
        var formula = OfRows[name](Input(Columns.PolicyChosen, Shape.Row, differentiable: true), Input(Columns.PolicyRejected, Shape.Row, differentiable: true));
        var loss = new FormulaLoss(new LossGraph([Broadcast(formula, Shape.Row)], rewards: null));
        var batch = new FormulaBatch(2) { Columns = { [Columns.PolicyChosen] = [1, 2], [Columns.PolicyRejected] = [0, -1] } };
        var tensors = new TensorCase(loss, batch, ScalarType.Float64, device(DeviceType.META));
        using var result = loss.Evaluate(tensors.Batch, route: LossRoute.Lowered);
        Assert.Equal(DeviceType.META, result.Losses.device_type);
        Assert.Equal([2], result.Losses.shape);
    }

    [TorchTheory]
    [MemberData(nameof(NamesOfResponses))]
    public void Of_responses(string name)
    {
        var formula = OfResponses[name](Input(Columns.Policy, Shape.Responses, differentiable: true), Input(Columns.Score, Shape.Responses, differentiable: false));
        var batch = new FormulaBatch(3, 4)
        {
            Columns =
            {
                [Columns.Policy] = [-3, -1, -4, -1.5, -9, -2, -6, -5, -3, -5, -8, -9],
                [Columns.Score] = [0.5, 1, 1.5, 0.25, 2, 3, -1, 1, 0, 1, 2, 1],
            },
        };
        Check(formula, batch);

        // What is not there has no say, be it NaN, and gets no gradient.
        bool[] mask = [true, false, true, true, false, true, false, false, true, true, true, true];
        double Hidden(double value, int at) => mask[at] ? value : double.NaN;
        var masked = batch with
        {
            Mask = mask,
            Columns = batch.Columns.ToDictionary(c => c.Key, c => c.Value.Select(Hidden).ToArray()),
        };
        var gradient = Check(formula, masked)[Columns.Policy];
        Assert.All(gradient.Where((_, at) => !mask[at]), value => Assert.Equal(0, value));
    }

    private static Dictionary<string, double[]> Check(Expr formula, FormulaBatch batch)
    {
        using var scope = NewDisposeScope();
        var loss = new FormulaLoss(new LossGraph([Broadcast(formula, Shape.Row)], rewards: null));
        var tensors = new TensorCase(loss, batch, ScalarType.Float64);
        Tensor Weighted(TensorLossResult result) => (result.Losses * linspace(1, 2, batch.Rows, ScalarType.Float64)).sum();
        var lowered = tensors.Run(LossRoute.Lowered, objective: Weighted);
        var fused = tensors.Run(LossRoute.Fused, objective: Weighted);
        foreach (var (key, expected) in lowered)
        {
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True(double.IsFinite(expected[i]), $"{key}[{i}]");
                Assert.Equal(expected[i], fused[key][i], 1e-13 + (1e-12 * Math.Abs(expected[i])));
            }
        }

        return lowered;
    }

    private sealed record FormulaLoss(LossGraph Graph) : IPreferenceLoss
    {
        public string Name => "formula";

        public ParameterValues Parameters { get; } = ParameterValues.DefaultsOf();
    }
}
