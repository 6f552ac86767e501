using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>
/// Values and gradients at kinks, ties, bounds, zero variance and beyond domains are PyTorch's. The expected numbers are what
/// PyTorch 1.13 (float64) gives for the expression in the comment and its <c>.sum().backward()</c>.
/// </summary>
public class PyTorchConventionTests
{
    private const double NaN = double.NaN;
    private const double Infinity = double.PositiveInfinity;

    private static readonly Expr X = Input("x", Shape.Row, differentiable: true);
    private static readonly Expr Y = Input("y", Shape.Row, differentiable: true);
    private static readonly Expr Z = Input("z", Shape.Row, differentiable: true);
    private static readonly Expr Weight = RowIndex + 1;

    // torch.relu(x)
    [Fact]
    public void Relu_has_derivative_0_at_0_and_passes_NaN_on() => Check(
        Relu(X), [[NaN, -0.0, 0, 2, double.NegativeInfinity]],
        [NaN, 0, 0, 2, 0], [[1, 0, 0, 1, 0]]);

    // torch.abs(x)
    [Fact]
    public void Abs_has_derivative_0_at_0() => Check(
        Abs(X), [[NaN, -0.0, 0, 2, double.NegativeInfinity]],
        [NaN, 0, 0, 2, Infinity], [[0, 0, 0, 1, -1]]);

    // torch.sign(x)
    [Fact]
    public void Sign_of_NaN_is_0() => Check(
        Sign(X), [[NaN, -0.0, 0, 2, double.NegativeInfinity]],
        [0, 0, 0, 1, -1], [[0, 0, 0, 0, 0]]);

    // torch.maximum(x, y)
    [Fact]
    public void Maximum_shares_ties_by_halves_and_passes_on_to_both_where_it_is_NaN() => Check(
        Maximum(X, Y), [[1, 2, NaN, 1, NaN, Infinity], [1, 1, 1, NaN, NaN, Infinity]],
        [1, 2, NaN, NaN, NaN, Infinity], [[0.5, 1, 1, 1, 1, 0.5], [0.5, 0, 1, 1, 1, 0.5]]);

    // torch.minimum(x, y)
    [Fact]
    public void Minimum_shares_ties_by_halves_and_passes_on_to_both_where_it_is_NaN() => Check(
        Minimum(X, Y), [[1, 2, NaN, 1, NaN, -Infinity], [1, 1, 1, NaN, NaN, -Infinity]],
        [1, 1, NaN, NaN, NaN, -Infinity], [[0.5, 0, 1, 1, 1, 0.5], [0.5, 1, 1, 1, 1, 0.5]]);

    // torch.clamp(x, -1, 1)
    [Fact]
    public void Clamp_has_derivative_1_on_the_closed_interval() => Check(
        Clamp(X, -1, 1), [[-2, -1, 0, 1, 2, NaN, Infinity]],
        [-1, -1, 0, 1, 1, NaN, 1], [[0, 1, 1, 1, 0, 0, 0]]);

    // torch.clamp(x, y, z)
    [Fact]
    public void Clamp_passes_on_to_the_bound_that_holds_it_and_of_crossing_bounds_the_upper_wins() => Check(
        Clamp(X, Y, Z), [[-2, -1, 0, 1, 2, NaN, -3, 3, 0, 1.5], [-1, -1, -1, -1, -1, -1, 2, 2, 2, 2], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
        [-1, -1, 0, 1, 1, NaN, 1, 1, 1, 1],
        [[0, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 1, 1, 1, 1]]);

    // torch.max(x)
    [Fact]
    public void The_largest_value_shares_its_gradient_evenly_over_ties() => Check(
        Max(X), [[3, 1, 3, 3]],
        [3], [[1.0 / 3, 0, 1.0 / 3, 1.0 / 3]]);

    // torch.min(x)
    [Fact]
    public void The_smallest_value_shares_its_gradient_evenly_over_ties() => Check(
        Min(X), [[3, 1, 1, 3]],
        [1], [[0, 0.5, 0.5, 0]]);

    // torch.std(x), torch.var(x), torch.std(x, unbiased=False), of equal numbers; and the last of one number
    [Fact]
    public void Deviation_and_variance_of_equal_numbers_have_gradient_0()
    {
        Check(StandardDeviation(X), [[2, 2, 2]], [0], [[0, 0, 0]]);
        Check(Variance(X), [[2, 2, 2]], [0], [[0, 0, 0]]);
        Check(StandardDeviation(X, correction: 0), [[2, 2, 2]], [0], [[0, 0, 0]]);
        Check(StandardDeviation(X, correction: 0), [[2]], [0], [[0]]);
    }

    // torch.std(x), torch.std(x, unbiased=False), torch.var(x), torch.var(x, unbiased=False)
    [Fact]
    public void Deviation_and_variance_are_unbiased_unless_the_correction_is_0()
    {
        double[] x = [1, 2, 4, 8];
        Check(StandardDeviation(X), [x], [3.095695936834452], [[-0.296110046131991, -0.1884336657203579, 0.026919095102908273, 0.45762461674944066]]);
        Check(StandardDeviation(X, correction: 0), [x], [2.680951323690902], [[-0.2564388222660863, -0.1631883414420549, 0.023312620206007845, 0.39631454350213335]]);
        Check(Variance(X), [x], [9.583333333333334], [[-1.8333333333333333, -1.1666666666666665, 0.16666666666666666, 2.833333333333333]]);
        Check(Variance(X, correction: 0), [x], [7.1875], [[-1.375, -0.875, 0.125, 2.125]]);
    }

    // torch.quantile(x, 0.3), torch.quantile(x, 0.9)
    [Fact]
    public void A_quantile_is_linear_between_order_statistics()
    {
        Check(Quantile(X, 0.3), [[3, 1, 4, 1.5]], [1.45], [[0, 0.1, 0, 0.9]]);
        Check(Quantile(X, 0.9), [[3, 1, 4, 1.5]], [3.7], [[0.3, 0, 0.7, 0]]);
    }

    // torch.quantile(x, 0.5)
    [Fact]
    public void A_quantile_of_ties_passes_on_to_the_first_of_them_in_order() => Check(
        Quantile(X, 0.5), [[2, 1, 2, 2]],
        [2], [[0.5, 0, 0.5, 0]]);

    // torch.quantile(x, 0.5)
    [Fact]
    public void A_quantile_is_NaN_where_any_value_is() =>
        Assert.Equal(NaN, FormulaRunner.Run<double>(Batch([3, NaN, 4, 1, 5]), [Quantile(X, 0.5)])[0][0]);

    // torch.cumsum(x, 0) * torch.tensor([1., 2., 3., 4.])
    [Fact]
    public void A_running_sum_passes_on_what_comes_after() => Check(
        CumulativeSum(X) * Weight, [[1, 2, 4, 8]],
        [1, 6, 21, 60], [[10, 9, 7, 4]]);

    // torch.logcumsumexp(x, 0) * torch.tensor([1., 2., 3., 4.])
    [Fact]
    public void A_running_log_of_a_sum_of_exponentials_agrees() => Check(
        CumulativeLogSumExp(X) * Weight, [[0.5, -1, 2, 0]],
        [0.5, 1.4028265559655049, 6.723933889971471, 9.369398329559289],
        [[3.7947989668673165, 0.6236039410597706, 5.197190795312524, 0.3844062967603888]]);

    // torch.logcumsumexp(x, 0) * torch.tensor([1., -2., 3.]); and without the factors
    [Fact]
    public void A_running_log_of_a_sum_of_exponentials_agrees_with_upstreams_of_both_signs_and_far_values()
    {
        Check(
            CumulativeLogSumExp(X) * Where(EqualTo(RowIndex, 1), -2, Weight), [[0.5, -1, 2]],
            [0.5, -1.4028265559655049, 6.723933889971471], [[-0.10927777596717725, -0.24751332780065033, 2.3567911037678275]]);
        Check(CumulativeLogSumExp(X), [[1000, -1000, 1000]], [1000, 1000, 1000.6931471805599], [[2.4999999999999667, 0, 0.5000000000000275]]);
    }

    // torch.logsumexp(x, 0)
    [Fact]
    public void The_log_of_a_sum_of_exponentials_agrees_for_infinities_too()
    {
        Check(
            LogSumExp(X), [[0.5, -1, 2, 0]],
            [2.342349582389822], [[0.15844470951497971, 0.03535379340874887, 0.7100999228861742, 0.09610157419009721]]);
        Check(LogSumExp(X), [[-Infinity, 1]], [1], [[0, 1]]);
        Check(LogSumExp(X), [[-Infinity, -Infinity]], [-Infinity], [[NaN, NaN]]);
        Check(LogSumExp(X), [[Infinity, 1]], [Infinity], [[NaN, 0]]);
    }

    // torch.sort(x, stable=True).values * torch.tensor([1., 2., 3., 4.])
    [Fact]
    public void Sorting_is_stable_and_passes_on_to_where_a_value_came_from() => Check(
        Sort(X) * Weight, [[2, 1, 2, 1]],
        [1, 2, 6, 8], [[3, 1, 4, 2]]);

    // torch.sort(x).values
    [Fact]
    public void NaN_is_sorted_last() => Assert.Equal(
        [-Infinity, 1, 2, Infinity, NaN, NaN],
        FormulaRunner.Run<double>(Batch([NaN, 2, -Infinity, Infinity, NaN, 1]), [Sort(X)])[0]);

    // torch.where(x > 0, torch.log(x), 0), torch.where(x > 0, torch.sqrt(x), 0), torch.where(x > 100, x, torch.exp(x))
    [Fact]
    public void What_is_not_selected_poisons_the_gradient_if_its_derivative_is_not_finite()
    {
        Check(Where(X > 0, Log(X), 0), [[-1, 0, 2]], [0, 0, 0.6931471805599453], [[0, NaN, 0.5]]);
        Check(Where(X > 0, Sqrt(X), 0), [[-1, 0, 4]], [0, 0, 2], [[NaN, NaN, 0.25]]);
        Check(Where(X > 100, X, Exp(X)), [[1000, 1]], [1000, Math.E], [[NaN, Math.E]]);
    }

    // torch.where(x > 0, x, torch.full_like(x, math.inf))
    [Fact]
    public void A_constant_that_is_not_selected_harms_nothing() => Check(
        Where(X > 0, X, Infinity), [[1, -1]],
        [1, Infinity], [[1, 0]]);

    // x * torch.log(x)
    [Fact]
    public void Zero_times_infinity_is_NaN() => Check(
        X * Log(X), [[0, 1]],
        [NaN, 0], [[NaN, 1]]);

    // torch.pow(x, y)
    [Fact]
    public void Powers_have_gradient_0_where_the_exponent_or_base_is_0_and_NaN_for_the_exponent_of_a_negative_base() => Check(
        Power(X, Y), [[0, 0, 0, 2, -2, 4, 0, 0], [0, 2, 1, 0, 3, 0.5, -1, 0.5]],
        [1, 0, 0, 1, -8, 2, Infinity, 0],
        [[0, 0, 1, 0, 12, 0.25, -Infinity, Infinity], [0, 0, 0, 0.6931471805599453, NaN, 2.772588722239781, -Infinity, 0]]);

    // torch.sqrt(x), torch.log(x)
    [Fact]
    public void Roots_and_logarithms_have_an_infinite_slope_at_0()
    {
        Check(Sqrt(X), [[0, 4, -1]], [0, 2, NaN], [[Infinity, 0.25, NaN]]);
        Check(Log(X), [[0, -1]], [-Infinity, NaN], [[Infinity, -1]]);
    }

    // torch.div(x, y)
    [Fact]
    public void Division_by_0_follows_IEEE_arithmetic() => Check(
        X / Y, [[1, 0, -1], [0, 0, 2]],
        [Infinity, NaN, -0.5], [[Infinity, Infinity, 0.5], [-Infinity, NaN, 0.25]]);

    // torch.logaddexp(x, y)
    [Fact]
    public void The_log_of_a_sum_of_two_exponentials_agrees() => Check(
        LogAddExp(X, Y), [[1, 0, -3, 1000, 0, -Infinity, Infinity], [1, -2, 5, -1000, -Infinity, -Infinity, Infinity]],
        [1.6931471805599454, 0.1269280110429726, 5.000335406372896, 1000, 0, -Infinity, Infinity],
        [[0.5, 0.8807970779778823, 0.0003353501304664781, 1, 1, NaN, NaN], [0.5, 0.11920292202211755, 0.9996646498695336, 0, 0, NaN, NaN]]);

    // torch.nn.functional.softplus(x) below its threshold of 20, torch.nn.functional.logsigmoid(x)
    [Fact]
    public void Softplus_and_log_sigmoid_agree_in_the_tails()
    {
        Check(Softplus(X), [[-800, -30, 0, 19]], [0, 9.357622968839737e-14, 0.6931471805599453, 19.000000005602796], [[0, 9.3576229688393e-14, 0.5, 0.9999999943972036]]);
        Check(
            LogSigmoid(X), [[-800, -30, 0, 19, 800]],
            [-800, -30.000000000000092, -0.6931471805599453, -5.602796421841604e-09, 0],
            [[1, 0.9999999999999064, 0.5, 5.60279640614594e-09, 0]]);
    }

    // torch.tanh(x), torch.log1p(x), torch.expm1(x), torch.atan(x), torch.erf(x), torch.erfc(x)
    [Fact]
    public void The_remaining_functions_agree()
    {
        double[] x = [-0.5, 0, 2];
        Check(Tanh(X), [x], [-0.46211715726000974, 0, 0.9640275800758169], [[0.7864477329659274, 1, 0.07065082485316443]]);
        Check(Log1p(X), [x], [-0.6931471805599453, 0, 1.0986122886681098], [[2, 1, 0.3333333333333333]]);
        Check(Expm1(X), [x], [-0.3934693402873666, 0, 6.38905609893065], [[0.6065306597126334, 1, 7.38905609893065]]);
        Check(Atan(X), [x], [-0.4636476090008061, 0, 1.1071487177940904], [[0.8, 1, 0.2]]);
        Check(Erf(X), [x], [-0.5204998778130465, 0, 0.9953222650189527], [[0.8787825789354448, 1.1283791670955126, 0.020666985354092053]]);
        Check(Erfc(X), [x], [1.5204998778130465, 1, 0.004677734981047265], [[-0.8787825789354448, -1.1283791670955126, -0.020666985354092053]]);
    }

    // rho = x - y; s = rho.std() * sigmoid(-rho).mean(); a = s + 0.05 * (sigmoid(rho.mean()) - s)
    // g = 0.1 * (rho - a).abs(); sigmoid(g) * softplus(-rho) + sigmoid(-g) * relu(1 - rho)
    [Fact]
    public void A_batch_coupled_loss_agrees_at_zero_variance_too()
    {
        var ρ = X - Y;
        var start = StandardDeviation(ρ) * Mean(Sigmoid(-ρ));
        var gate = 0.1 * Abs(ρ - (start + (0.05 * (Sigmoid(Mean(ρ)) - start))));
        var loss = (Sigmoid(gate) * Softplus(-ρ)) + (Sigmoid(-gate) * Relu(1 - ρ));
        Check(
            loss, [[1, 2, -1], [0.5, 3, 0]],
            [0.4870233353435255, 1.6305270957977096, 1.6305270957977096],
            [[-0.6973527666149006, -0.8306478015670508, -0.8306478015670508], [0.6973527666149006, 0.8306478015670508, 0.8306478015670508]]);
        Check(
            loss, [[1, 1, 1], [0.5, 0.5, 0.5]],
            [0.4867346800789244, 0.4867346800789244, 0.4867346800789244],
            [[-0.682115357240148, -0.682115357240148, -0.682115357240148], [0.682115357240148, 0.682115357240148, 0.682115357240148]]);
    }

    // d = p - r; -(d - torch.logsumexp(d, 1, keepdim=True))[:, 0] + torch.quantile(d, 0.5, dim=1) + torch.cumsum(d, 1).std(1)
    [Fact]
    public void A_loss_of_ranked_responses_agrees()
    {
        var policy = Input("p", Shape.Responses, differentiable: true);
        var d = policy - Input("r", Shape.Responses, differentiable: true);
        var first = Sum(Where(EqualTo(ResponseIndex, 0), d, 0), Axis.Responses);
        var loss = LogSumExp(d, Axis.Responses) - first + Quantile(d, 0.5, Axis.Responses) + StandardDeviation(CumulativeSum(d, Axis.Responses), Axis.Responses);
        var batch = new FormulaBatch(Rows: 2, Responses: 3) { Columns = { ["p"] = [1, 2, 3.5, 0.5, -1, 4], ["r"] = [0, 1, -1, 2, 0.25, 1] } };
        AssertClose([7.488373898884984, 4.781985116913156], FormulaRunner.Run<double>(batch, [loss])[0]);
        double[] expected = [-0.971522508063506, 1.3982495725290671, 1.5119251401155867, -0.9891658995881952, 1.0692113866566377, 1.5006058397213546];
        AssertClose(expected, Gradient(loss, policy, batch));
    }

    // torch.std(x, 1) of [[0.1, 0.1, 0.1], [0.7, 0.7, 0.7]], whose sums divided by 3 are not 0.1 and 0.7
    [Fact]
    public void Deviation_and_variance_of_equal_responses_have_gradient_0()
    {
        var x = Input("p", Shape.Responses, differentiable: true);
        var batch = new FormulaBatch(Rows: 2, Responses: 3) { Columns = { ["p"] = [0.1, 0.1, 0.1, 0.7, 0.7, 0.7] } };
        foreach (var formula in new[] { StandardDeviation(x, Axis.Responses), Variance(x, Axis.Responses) })
        {
            Assert.Equal([0, 0], FormulaRunner.Run<double>(batch, [formula])[0]);
            Assert.Equal([0, 0], FormulaRunner.Run<float>(batch, [formula])[0]);

            // The variance's is 2 (x − mean) / (n − 1), and the mean of the responses is rounded.
            Assert.All(Gradient(formula, x, batch), slope => Assert.Equal(0, slope, formula.Operation == Operation.Variance ? 2e-16 : 0));
        }
    }

    // torch.logsumexp(torch.where(mask, x, -inf), 1)
    [Fact]
    public void A_missing_response_counts_as_minus_infinity_and_has_gradient_0()
    {
        var x = Input("p", Shape.Responses, differentiable: true);
        var batch = new FormulaBatch(Rows: 2, Responses: 3) { Columns = { ["p"] = [3, 1, 9, 2, 5, 5] }, Mask = [true, true, false, true, true, true] };
        AssertClose([3.1269280110429727, 5.717735918666702], FormulaRunner.Run<double>(batch, [LogSumExp(x, Axis.Responses)])[0]);
        double[] expected = [0.8807970779778823, 0.11920292202211753, 0, 0.02428889767926322, 0.48785555116036866, 0.48785555116036866];
        AssertClose(expected, Gradient(LogSumExp(x, Axis.Responses), x, batch));
    }

    // g, = torch.autograd.grad(f(x).sum(), x, create_graph=True); torch.autograd.grad((g * torch.tensor([1., 2., 3., 4.])).sum(), x)
    [Fact]
    public void Second_derivatives_agree()
    {
        CheckSecond(Softplus(X), [0.5, -1, 2], [0.2350037122015945, 0.3932238664829637, 0.31498075621051985]);
        CheckSecond(StandardDeviation(X), [1, 2, 4, 8], [-0.0430705521646533, 0.021535276082326582, 0.043070552164653234, -0.02153527608232661]);
        CheckSecond(LogSumExp(X), [0.5, -1, 2, 0], [-0.2763051315629673, -0.026298214846728993, 0.18188615756827686, 0.12071718884141913]);
        CheckSecond(CumulativeLogSumExp(X) * Weight, [0.5, -1, 2, 0], [-2.250327278854433, 0.12148805494260073, 1.6459704685461602, 0.48286875536567697]);
    }

    // torch.prod(x)
    [Theory]
    [InlineData(2, -24, -12, 8, -6, -3)]
    [InlineData(2, 0, 0, 8, 0, 0)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    public void Where_a_factor_is_0_the_gradient_of_a_product_is_the_product_of_the_others(
        double first, double value, double byFirst, double bySecond, double byThird, double second) => Check(
        Broadcast(Product(X), Shape.Row) / BatchSize, [[first, second, 4]],
        [value / 3, value / 3, value / 3], [[byFirst, bySecond, byThird]]);

    // x.float(), weighted by (1, 2, 3)/7
    [Fact]
    public void A_cast_to_float32_rounds_the_gradient_too() => Check(
        RoundToSingle(X) * Weight / 7, [[0.1, 1e300, 1.0 / 3]],
        [0.10000000149011612 / 7, Infinity, 0.3333333432674408 * 3 / 7], [[0.1428571492433548, 0.2857142984867096, 0.4285714328289032]]);

    private static void Check(Expr formula, double[][] columns, double[] values, double[][] gradients)
    {
        var batch = Batch(columns);
        AssertClose(values, FormulaRunner.Run<double>(batch, [formula])[0]);
        for (var i = 0; i < gradients.Length; i++)
        {
            AssertClose(gradients[i], Gradient(formula, new[] { X, Y, Z }[i], batch));
        }
    }

    private static void CheckSecond(Expr formula, double[] x, double[] expected)
    {
        var first = Differentiation.VectorJacobianProduct([formula], [1])[X];
        AssertClose(expected, Gradient(first * Weight, X, Batch(x)));
    }

    private static FormulaBatch Batch(params double[][] columns) => new(columns[0].Length)
    {
        Columns = columns.Zip(["x", "y", "z"]).ToDictionary(c => c.Second, c => c.First),
    };

    /// <summary>What the executor makes of the derivative: simplified, lowered and compiled.</summary>
    private static double[] Gradient(Expr formula, Expr input, FormulaBatch batch)
    {
        var adjoint = Differentiation.VectorJacobianProduct([formula], [1])[input];
        return FormulaRunner.Run<double>(batch, [Broadcast(adjoint, input.Shape)])[0];
    }

    /// <summary>Both sides round; a dozen operations at 1e-16 stay below 1e-14 of the largest number among them.</summary>
    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (var i = 0; i < expected.Length; i++)
        {
            var agrees = double.IsFinite(expected[i]) ? Math.Abs(actual[i] - expected[i]) <= 1e-14 * scale : actual[i].Equals(expected[i]);
            Assert.True(agrees, FormattableString.Invariant($"[{i}]: {actual[i]:R}, in PyTorch {expected[i]:R}"));
        }
    }
}
