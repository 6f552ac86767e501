using System.Numerics;
using PreferenceLosses.Analysis.Rules;

namespace PreferenceLosses.Analysis.Tests.Rules;

/// <summary>Intervals contain the exact result, rounding, underflow and overflow included.</summary>
public sealed class IntervalTests
{
    private static readonly double[] Numbers =
    [
        0.1, 0.2, 0.3, 1, 3, -0.1, -7.7, 1e-8, -1e-8, 1e16, 1 / 3.0, 2e-160, -3e-170, 5e-324, -2.5e-310, 1e300, -1.7e308,
    ];

    public static TheoryData<double> EveryNumber => [.. Numbers];

    [Theory]
    [MemberData(nameof(EveryNumber))]
    public void Sums_and_products_of_numbers_are_inside(double a)
    {
        Assert.All(Numbers, b =>
        {
            var (sum, product) = (Interval.Of(a) + Interval.Of(b), Interval.Of(a) * Interval.Of(b));
            Assert.True(IsInside(sum, Exact(a) + Exact(b)), $"{a:R} + {b:R} outside {sum.Low:R} … {sum.High:R}");
            Assert.True(IsInside(product, Exact(a) * Exact(b) / Unit), $"{a:R} · {b:R} outside {product.Low:R} … {product.High:R}");
            Assert.Equal(Math.Sign(a) * Math.Sign(b) > 0, product.IsPositive);
            Assert.Equal(Math.Sign(a) * Math.Sign(b) < 0, product.IsNegative);
        });

        // a·(1/a) = 1, and no wider than rounding makes it where nothing over- or underflows.
        var one = Interval.Of(a) * Interval.Reciprocal(Interval.Of(a));
        Assert.True(one.Low <= 1 && one.High >= 1);
        if (Math.Abs(a) is > 1e-300 and < 1e300)
        {
            Assert.InRange(one.High - one.Low, 0, 1e-12);
        }
    }

    [Fact]
    public void What_is_exact_is_not_widened()
    {
        Assert.Equal(Interval.Of(0.5), Interval.Of(0.25) + Interval.Of(0.25));
        Assert.True((Interval.Of(0.7) - Interval.Of(0.7)).IsZero);
        Assert.True((Interval.Of(0) * Interval.All).IsZero);
        Assert.Equal((0, true), (Interval.Square(new(-2, 3)).Low, Interval.Square(new(-2, 3)).MayBeZero));
    }

    [Fact]
    public void An_exponential_that_underflows_is_above_0_and_one_that_overflows_is_finite()
    {
        var small = Interval.Increasing(Interval.Of(-1000), Math.Exp, 0, double.PositiveInfinity, mayBeZero: false);
        Assert.True(small is { IsPositive: true, High: > 0 });
        var large = Interval.Increasing(Interval.Of(1000), Math.Exp, 0, double.PositiveInfinity, mayBeZero: false);
        Assert.Equal((double.MaxValue, double.PositiveInfinity), (large.Low, large.High));
        Assert.Equal(double.MaxValue, (Interval.Of(1e300) * Interval.Of(1e300)).Low);
        Assert.Equal(-double.MaxValue, (Interval.Of(-1e308) + Interval.Of(-1e308)).High);
    }

    [Fact]
    public void Division_by_what_may_be_0_is_undefined()
    {
        Assert.False(Interval.Reciprocal(new(0, 1)).IsDefined);
        Assert.False(Interval.Reciprocal(new(-1, 1, mayBeZero: false)).IsDefined);
        Assert.True(Interval.Reciprocal(new(0, 1, mayBeZero: false)) is { IsDefined: true, High: double.PositiveInfinity, Low: > 0.99 and <= 1 });
        Assert.False(Interval.Of(double.NaN).IsDefined);
    }

    /// <summary>Numbers as multiples of 2^(−2200), which all doubles and their products are.</summary>
    private static BigInteger Unit => BigInteger.One << 2200;

    private static BigInteger Exact(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        var exact = (BigInteger)mantissa << (Math.Max(exponent, 1) - 1075 + 2200);
        return value < 0 ? -exact : exact;
    }

    private static bool IsInside(Interval interval, BigInteger exact) =>
        (double.IsInfinity(interval.Low) || Exact(interval.Low) <= exact) && (double.IsInfinity(interval.High) || Exact(interval.High) >= exact);
}
