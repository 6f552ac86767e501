using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Execution;

/// <summary>The single-precision functions over all floats: at most 1 ulp for e^x, 2 ulp for e^x − 1 and logarithms, 3 ulp for what is made of two of them.</summary>
public class SingleVectorFunctionTests(ITestOutputHelper output)
{
    private const int Lanes = OnVectors<WideLanes<float>, float>.Count;

    private static readonly Dictionary<string, OnVectors<WideLanes<float>, float>.Function> Functions = OnVectors<WideLanes<float>, float>.All;

    /// <summary>The reference is double precision's with at most 3 of its ulps, which are 2⁻²⁹ of single precision's.</summary>
    private static readonly Dictionary<string, (Func<double, double> Exact, double Ulps)> References = new()
    {
        ["exp"] = (Math.Exp, 1),

        // An ulp of e^x may be two of a product's, and the product is rounded: 1.6 is the worst that was met.
        ["exp times"] = (x => (double)-0.7f * Math.Exp(x), 2),
        ["log"] = (Math.Log, 2),
        ["log1p"] = (ReferenceOperations.Log1p, 2),
        ["expm1"] = (ReferenceOperations.Expm1, 2),
        ["log1mexp"] = (ReferenceOperations.Log1mExp, 3),
        ["log1p of unit"] = (ReferenceOperations.Log1p, 2),
        ["tanh"] = (Math.Tanh, 3),
    };

    public static TheoryData<string> Names => [.. References.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_4099th_float_is_within_the_bound(string name) => IsWithinTheBound(name, stride: 4099);

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Long")]
    public void Every_float_of_the_functions_in_every_loss_and_every_31st_of_the_others_is_within_the_bound(string name) =>
        IsWithinTheBound(name, stride: name is "exp" or "log1p of unit" ? 1u : 31u);

    [Fact]
    public void Exp_never_decreases_where_results_are_subnormal_or_overflow()
    {
        NeverDecreases("exp", -105, -87);
        NeverDecreases("exp", 88, 90);
    }

    [Fact]
    public void Log1p_of_unit_never_decreases_near_0() => NeverDecreases("log1p of unit", 0, 1e-38f);

    [Theory]
    [InlineData("exp", float.NegativeInfinity, 0f)]
    [InlineData("exp", -104f, 0f)]
    [InlineData("exp", 0f, 1f)]
    [InlineData("exp", 88.72284f, float.PositiveInfinity)]
    [InlineData("exp", float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData("exp", float.NaN, float.NaN)]
    [InlineData("log", -1f, float.NaN)]
    [InlineData("log", -0f, float.NegativeInfinity)]
    [InlineData("log", 1f, 0f)]
    [InlineData("log", float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData("log", float.NegativeInfinity, float.NaN)]
    [InlineData("log", float.NaN, float.NaN)]
    [InlineData("log1p", -1f, float.NegativeInfinity)]
    [InlineData("log1p", -1.5f, float.NaN)]
    [InlineData("log1p", 0f, 0f)]
    [InlineData("log1p", float.Epsilon, float.Epsilon)]
    [InlineData("log1p", float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData("log1p", float.NaN, float.NaN)]
    [InlineData("expm1", float.NegativeInfinity, -1f)]
    [InlineData("expm1", -30f, -1f)]
    [InlineData("expm1", float.Epsilon, float.Epsilon)]
    [InlineData("expm1", float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData("expm1", float.NaN, float.NaN)]
    [InlineData("log1mexp", 0f, float.NegativeInfinity)]
    [InlineData("log1mexp", 1f, float.NaN)]
    [InlineData("log1mexp", float.NegativeInfinity, 0f)]
    [InlineData("log1mexp", float.NaN, float.NaN)]
    [InlineData("log1p of unit", 0f, 0f)]
    [InlineData("log1p of unit", float.Epsilon, float.Epsilon)]
    [InlineData("log1p of unit", float.NaN, float.NaN)]
    [InlineData("tanh", float.NegativeInfinity, -1f)]
    [InlineData("tanh", -float.Epsilon, -float.Epsilon)]
    [InlineData("tanh", 0f, 0f)]
    [InlineData("tanh", float.PositiveInfinity, 1f)]
    [InlineData("tanh", float.NaN, float.NaN)]
    public void A_special_value_has_its_exact_result(string name, float x, float expected) =>
        Assert.Equal(expected, Apply(Functions[name], x)[0]);

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_width_gives_the_same_digits(string name)
    {
        var narrow = OnVectors<PlatformLanes<float>, float>.All[name];
        var x = new float[Lanes];
        var (wideResults, narrowResults) = (new float[Lanes], new float[Lanes]);
        for (var first = 0L; first < 1L << 32; first += 40_009 * Lanes)
        {
            for (var lane = 0; lane < Lanes; lane++)
            {
                x[lane] = BitConverter.UInt32BitsToSingle((uint)(first + (40_009 * lane)));
            }

            Functions[name](x, wideResults);
            narrow(x, narrowResults);
            Assert.Equal(wideResults.Select(Bits), narrowResults.Select(Bits));
        }
    }

    /// <summary>What is in a NaN is up to the processor.</summary>
    private static uint Bits(float x) => BitConverter.SingleToUInt32Bits(float.IsNaN(x) ? float.NaN : x);

    private static float[] Apply(OnVectors<WideLanes<float>, float>.Function function, float x)
    {
        var results = new float[Lanes];
        function([.. Enumerable.Repeat(x, Lanes)], results);
        return results;
    }

    private void IsWithinTheBound(string name, uint stride)
    {
        var function = Functions[name];
        var (exact, ulps) = References[name];
        var worst = (Ulps: 0.0, X: 0f);
        var vectors = (1L << 32) / stride / Lanes;
        var gate = new Lock();
        Parallel.For(0, 64, () => (Ulps: 0.0, X: 0f), (part, _, own) =>
        {
            Span<float> x = stackalloc float[Lanes];
            Span<float> results = stackalloc float[Lanes];
            for (var v = vectors * part / 64; v < vectors * (part + 1) / 64; v++)
            {
                for (var lane = 0; lane < Lanes; lane++)
                {
                    x[lane] = BitConverter.UInt32BitsToSingle((uint)((v * Lanes) + lane) * stride);
                }

                function(x, results);
                for (var lane = 0; lane < Lanes; lane++)
                {
                    if (IsInDomain(name, x[lane]) && SingleUlps.Of(results[lane], exact(x[lane])) is var error && error > own.Ulps)
                    {
                        own = (error, x[lane]);
                    }
                }
            }

            return own;
        },
        own =>
        {
            lock (gate)
            {
                worst = own.Ulps > worst.Ulps ? own : worst;
            }
        });

        output.WriteLine(FormattableString.Invariant($"{name}: {worst.Ulps:F4} ulp at {worst.X:R}"));
        Assert.True(worst.Ulps <= ulps, FormattableString.Invariant($"{worst.Ulps:F3} ulp at {worst.X:R}"));
    }

    private static bool IsInDomain(string name, float x) => name != "log1p of unit" || x is >= 0 and <= 1;

    private static void NeverDecreases(string name, float from, float to)
    {
        var previous = float.NegativeInfinity;
        var arguments = new float[Lanes];
        var results = new float[Lanes];
        for (var x = from; x < to;)
        {
            for (var lane = 0; lane < Lanes; lane++, x = float.BitIncrement(x))
            {
                arguments[lane] = x;
            }

            Functions[name](arguments, results);
            for (var lane = 0; lane < Lanes; lane++)
            {
                Assert.True(results[lane] >= previous, $"{results[lane]:R} at {arguments[lane]:R} after {previous:R}");
                previous = results[lane];
            }
        }
    }
}
