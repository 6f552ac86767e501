using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Execution;

/// <summary>
/// The double-precision functions, on vectors and on scalars, against 31-digit arithmetic: at most 1 ulp for e^x, 2 ulp for
/// logarithms and the vectors' e^x − 1, 3 ulp for what is a quotient or a composition of them.
/// </summary>
public class DoubleVectorFunctionTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, (Func<double, double> Function, Func<DoubleDouble, DoubleDouble> Exact, double Low, double High, double Ulps)> Functions = new()
    {
        ["exp"] = (OnVector("exp"), DoubleDouble.Exp, -708, 709, 1),
        ["log"] = (OnVector("log"), DoubleDouble.Log, 0, double.MaxValue, 2),
        ["log1p"] = (OnVector("log1p"), DoubleDouble.Log1p, -1, double.MaxValue, 2),
        ["expm1"] = (OnVector("expm1"), DoubleDouble.Expm1, -708, 709, 2),
        ["log1mexp"] = (OnVector("log1mexp"), DoubleDouble.Log1mExp, -708, 0, 3),
        ["log1p of unit"] = (OnVector("log1p of unit"), DoubleDouble.Log1p, 0, 1, 2),
        ["tanh"] = (OnVector("tanh"), DoubleDouble.Tanh, -300, 300, 3),
        ["scalar log1p"] = (ScalarFunctions.Log1p, DoubleDouble.Log1p, -1, double.MaxValue, 2),
        ["scalar expm1"] = (ScalarFunctions.Expm1, DoubleDouble.Expm1, -708, 709, 3),
        ["scalar log1mexp"] = (ScalarFunctions.Log1mExp, DoubleDouble.Log1mExp, -708, 0, 3),
        ["scalar softplus"] = (ScalarFunctions.Softplus, DoubleDouble.Softplus, -708, 709, 3),
        ["scalar sigmoid"] = (x => ScalarFunctions.Evaluate(Operation.Sigmoid, x), DoubleDouble.Sigmoid, -708, 300, 3),
    };

    public static TheoryData<string> Names => [.. Functions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_numbers_are_within_the_bound(string name) => IsWithinTheBound(name, 10_000);

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Long")]
    public void Ten_million_numbers_are_within_the_bound(string name) => IsWithinTheBound(name, 10_000_000);

    // mpmath at 60 digits, rounded to nearest.
    [Theory]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(-746, 0)]
    [InlineData(-745.14, 0)]
    [InlineData(-745.13, 4.9406564584124654e-324)]
    [InlineData(-744, 9.8813129168249309e-324)]
    [InlineData(-740, 4.1996e-322)]
    [InlineData(-720.25, 1.5827029403e-313)]
    [InlineData(-710, 4.476286225675130e-309)]
    [InlineData(0, 1)]
    [InlineData(709.782712893384, 1.79769313486227321783965e+308)]
    [InlineData(709.7827128933841, double.PositiveInfinity)]
    [InlineData(710, double.PositiveInfinity)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NaN, double.NaN)]
    public void Exp_underflows_and_overflows_where_it_should(double x, double expected)
    {
        var actual = Functions["exp"].Function(x);
        Assert.True(
            actual.Equals(expected) || Math.Abs(actual - expected) <= Math.BitIncrement(expected) - expected,
            FormattableString.Invariant($"{actual:R}, expected {expected:R} to 1 ulp"));
    }

    [Theory]
    [InlineData("log", -1, double.NaN)]
    [InlineData("log", -0.0, double.NegativeInfinity)]
    [InlineData("log", 1, 0)]
    [InlineData("log", double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData("log", double.NaN, double.NaN)]
    [InlineData("log1p", -1, double.NegativeInfinity)]
    [InlineData("log1p", -1.5, double.NaN)]
    [InlineData("log1p", double.Epsilon, double.Epsilon)]
    [InlineData("log1p", double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData("log1p", double.NaN, double.NaN)]
    [InlineData("expm1", double.NegativeInfinity, -1)]
    [InlineData("expm1", -50, -1)]
    [InlineData("expm1", double.Epsilon, double.Epsilon)]
    [InlineData("expm1", double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData("expm1", double.NaN, double.NaN)]
    [InlineData("log1mexp", 0, double.NegativeInfinity)]
    [InlineData("log1mexp", 1, double.NaN)]
    [InlineData("log1mexp", double.NegativeInfinity, 0)]
    [InlineData("log1mexp", double.NaN, double.NaN)]
    [InlineData("log1p of unit", 0, 0)]
    [InlineData("log1p of unit", double.Epsilon, double.Epsilon)]
    [InlineData("log1p of unit", double.NaN, double.NaN)]
    [InlineData("tanh", double.NegativeInfinity, -1)]
    [InlineData("tanh", -double.Epsilon, -double.Epsilon)]
    [InlineData("tanh", double.PositiveInfinity, 1)]
    [InlineData("tanh", double.NaN, double.NaN)]
    [InlineData("scalar log1p", -1, double.NegativeInfinity)]
    [InlineData("scalar log1p", double.Epsilon, double.Epsilon)]
    [InlineData("scalar log1p", double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData("scalar expm1", double.NegativeInfinity, -1)]
    [InlineData("scalar expm1", double.Epsilon, double.Epsilon)]
    [InlineData("scalar expm1", double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData("scalar log1mexp", 0, double.NegativeInfinity)]
    [InlineData("scalar log1mexp", double.NegativeInfinity, 0)]
    [InlineData("scalar softplus", double.NegativeInfinity, 0)]
    [InlineData("scalar softplus", double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData("scalar softplus", double.NaN, double.NaN)]
    [InlineData("scalar sigmoid", double.NegativeInfinity, 0)]
    [InlineData("scalar sigmoid", double.PositiveInfinity, 1)]
    [InlineData("scalar sigmoid", double.NaN, double.NaN)]
    public void A_special_value_has_its_exact_result(string name, double x, double expected) => Assert.Equal(expected, Functions[name].Function(x));

    [Fact]
    public void Every_width_gives_the_same_digits()
    {
        var random = new Random(4);
        var (wideResults, narrowResults) = (new double[16], new double[16]);
        foreach (var (name, wide) in OnVectors<WideLanes<double>, double>.All)
        {
            for (var i = 0; i < 20_000; i++)
            {
                var x = Enumerable.Range(0, 16).Select(_ => i % 2 == 0
                    ? BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))
                    : 1500 * (random.NextDouble() - 0.5)).ToArray();
                wide(x, wideResults);
                OnVectors<PlatformLanes<double>, double>.All[name](x, narrowResults);
                Assert.Equal(wideResults.Select(Bits), narrowResults.Select(Bits));
            }
        }
    }

    /// <summary>What is in a NaN is up to the processor.</summary>
    private static long Bits(double x) => BitConverter.DoubleToInt64Bits(double.IsNaN(x) ? double.NaN : x);

    private static Func<double, double> OnVector(string name) => x =>
    {
        Span<double> results = stackalloc double[16];
        Span<double> arguments = stackalloc double[16];
        arguments.Fill(x);
        OnVectors<WideLanes<double>, double>.All[name](arguments, results);
        return results[0];
    };

    private void IsWithinTheBound(string name, int count)
    {
        var (function, exact, low, high, ulps) = Functions[name];
        var random = new Random(17);
        var worst = (Ulps: 0.0, X: 0.0);
        for (var i = 0; i < count; i++)
        {
            // Evenly over a few units, over the whole domain, or over all orders of magnitude down to the subnormal numbers.
            var x = (i % 3) switch
            {
                0 => (6 * random.NextDouble()) - 3,
                1 => (random.NextDouble() * Math.Min(high, 1e10)) + ((1 - random.NextDouble()) * Math.Max(low, -1e10)),
                _ => (random.Next(2) == 0 ? 1 : -1) * Math.Pow(10, (318 * random.NextDouble()) - 308),
            };
            if (x > low && x < high)
            {
                var error = exact(x).UlpsTo(function(x));
                worst = error <= worst.Ulps ? worst : (error, x);
            }
        }

        output.WriteLine(FormattableString.Invariant($"{name}: {worst.Ulps:F4} ulp at {worst.X:R}"));
        Assert.True(worst.Ulps <= ulps, FormattableString.Invariant($"{worst.Ulps:F3} ulp at {worst.X:R}"));
    }
}
