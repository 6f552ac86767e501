using MathNet.Numerics;
using PreferenceLosses.Expressions;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Expressions;

/// <summary>erf and erfc against mpmath at 60 digits, and against MathNet everywhere between.</summary>
public class ErrorFunctionTests(ITestOutputHelper output)
{
    /// <summary>x, erf(x) and erfc(x): <c>mpmath.erf</c> and <c>mpmath.erfc</c> with <c>mp.dps = 60</c>.</summary>
    public static TheoryData<double, double, double> Values => new()
    {
        { 1.0e-300, 1.128379167095512602172316e-300, 1.0 },
        { 1.0e-10, 1.12837916709551261500173e-10, 0.9999999998871620832904487 },
        { 0.10000000000000001, 0.1124629160182848984047123, 0.8875370839817151015952877 },
        { 0.25, 0.2763263901682369329850683, 0.7236736098317630670149317 },
        { 0.48999999999999999, 0.5116682611885230913288847, 0.4883317388114769086711153 },
        { 0.5, 0.5204998778130465376827467, 0.4795001221869534623172533 },
        { 0.75, 0.7111556336535151315989378, 0.2888443663464848684010622 },
        { 0.98999999999999999, 0.8385080695553697998187909, 0.1614919304446302001812091 },
        { 1.0, 0.8427007929497148693412206, 0.1572992070502851306587794 },
        { 1.25, 0.9229001282564582301365235, 0.07709987174354176986347652 },
        { 1.5, 0.9661051464753107270669763, 0.03389485352468927293302374 },
        { 1.75, 0.9866716712191824437722111, 0.0133283287808175562277889 },
        { 1.99, 0.9951114131996169970473154, 0.004888586800383002952684573 },
        { 2.0, 0.9953222650189527341620693, 0.004677734981047265837930744 },
        { 2.5, 0.9995930479825550410604358, 0.0004069520174449589395642157 },
        { 3.0, 0.9999779095030014145586272, 0.00002209049699858544137277613 },
        { 4.0, 0.9999999845827420997199811, 1.541725790028001885215967e-8 },
        { 5.0, 0.999999999998462540205572, 1.537459794428034850188343e-12 },
        { 5.9000000000000004, 0.9999999999999999280959022, 7.190409783550477724856328e-17 },
        { 6.5, 0.9999999999999999999615785, 3.842148327120647469875805e-20 },
        { 8.0, 1.0, 1.122429717298292707996789e-29 },
        { 10.0, 1.0, 2.088487583762544757000786e-45 },
        { 15.0, 1.0, 7.212994172451206666565067e-100 },
        { 20.0, 1.0, 5.395865611607900928934999e-176 },
        { 25.0, 1.0, 8.300172571196522752044013e-274 },
        { 26.5, 1.0, 2.210907664263734275929239e-307 },
        { -0.29999999999999999, -0.328626759459127416189618, 1.328626759459127416189618 },
        { -1.0, -0.8427007929497148693412206, 1.842700792949714869341221 },
        { -1.8999999999999999, -0.992790429235257467237216, 1.992790429235257467237216 },
        { -3.0, -0.9999779095030014145586272, 1.999977909503001414558627 },
        { -5.0, -0.999999999998462540205572, 1.999999999998462540205572 },
        { 0, 0, 1 },
        { double.PositiveInfinity, 1, 0 },
        { double.NegativeInfinity, -1, 2 },
        { double.NaN, double.NaN, double.NaN },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Both_have_all_but_the_last_digits(double x, double erf, double erfc)
    {
        // Some twenty rounded terms of one sign and an exponential; measured, at most 5 ulp.
        AssertClose(erf, ErrorFunction.Erf(x));
        AssertClose(erfc, ErrorFunction.Erfc(x));
    }

    [Fact]
    public void Both_agree_with_MathNet_between_them()
    {
        for (var x = -26.0; x < 26; x += 0.0137)
        {
            // MathNet takes e^ of the rounded −x², whose error of half a digit is multiplied by x².
            AssertRelative(SpecialFunctions.Erf(x), ErrorFunction.Erf(x), 2e-15);
            AssertRelative(SpecialFunctions.Erfc(x), ErrorFunction.Erfc(x), 2e-15 + (x > 0 ? 1.2e-16 * x * x : 0));
        }
    }

    [Fact]
    public void They_are_odd_and_complementary_and_monotone()
    {
        var (previousErf, previousErfc) = (-1.0, 2.0);
        for (var x = -6.0; x < 6; x += 0.001)
        {
            var (erf, erfc) = (ErrorFunction.Erf(x), ErrorFunction.Erfc(x));
            Assert.Equal(-erf, ErrorFunction.Erf(-x));
            Assert.Equal(1, erf + erfc, 1e-15);

            // A step of 0.001 changes them by more than their error only where they are not flat.
            Assert.True(erf >= previousErf - 1e-15 && erfc <= previousErfc + 1e-15);
            (previousErf, previousErfc) = (erf, erfc);
        }
    }

    private void AssertClose(double expected, double actual)
    {
        if (double.IsNaN(expected) || expected == 0)
        {
            Assert.Equal(expected, actual);
            return;
        }

        var ulps = Math.Abs(actual - expected) / (Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected));
        output.WriteLine(FormattableString.Invariant($"{expected:R}: {ulps} ulp"));
        Assert.InRange(ulps, 0, 8);
    }

    private static void AssertRelative(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(actual - expected) <= tolerance * Math.Abs(expected), FormattableString.Invariant($"{actual:R}, in MathNet {expected:R}"));
}
