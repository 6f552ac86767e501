using System.Numerics;
using FsCheck.Fluent;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Sums and means over the batch, as the executor takes them: within the last digit of the exact ones, in rational arithmetic.</summary>
public class CompensatedSumTests
{
    private static readonly Expr X = Input("x", Shape.Row, differentiable: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(1000)]
    [InlineData(100_003)]
    public void The_mean_of_equal_numbers_is_that_number_and_their_variance_is_0(int count)
    {
        foreach (var value in new[] { 0.1, -1 / 3.0, 1e-300, 1e300, 1.1e-310, 123456789.123456789, Math.PI })
        {
            MeanIsExact<double>(value, count);
            if (float.IsFinite((float)value))
            {
                MeanIsExact<float>((float)value, count);
            }
        }
    }

    [Fact]
    public void A_sum_of_doubles_is_that_of_exact_arithmetic_but_for_the_last_digit() =>
        Property.Check(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => IsExactButForTheLastDigit<double>(Nasty(seed)), 100);

    [Fact]
    public void A_sum_of_singles_is_that_of_exact_arithmetic_but_for_the_last_digit_of_a_single() =>
        Property.Check(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
            IsExactButForTheLastDigit<float>([.. Nasty(seed).Select(x => (double)(float)x)]), 100);

    [Theory]
    [InlineData(new[] { 1e100, 1, -1e100 }, 1)]
    [InlineData(new[] { 1, 1e100, 1, -1e100 }, 2)]
    [InlineData(new[] { 1e16, 1, 1, 1, 1, -1e16 }, 4)]
    [InlineData(new[] { double.MaxValue, -double.MaxValue, 1 }, 1)]
    [InlineData(new[] { double.PositiveInfinity, 1, 2 }, double.PositiveInfinity)]
    [InlineData(new[] { double.PositiveInfinity, double.NegativeInfinity }, double.NaN)]
    [InlineData(new[] { double.NaN, 1 }, double.NaN)]
    [InlineData(new[] { double.MaxValue, double.MaxValue }, double.PositiveInfinity)]
    public void A_sum_has_a_known_value(double[] values, double expected)
    {
        Assert.Equal(expected, Evaluate<double>(values, Sum(X)));

        // The same after a block of zeros: the two halves meet when blocks are combined.
        Assert.Equal(expected, Evaluate<double>([.. values[..1], .. new double[127], .. values[1..]], Sum(X)));
    }

    [Fact]
    public void A_variance_keeps_its_digits_far_from_0()
    {
        // Exactly representable, so the exact variance is that of 0 … 999, which is n(n + 1)/12.
        var values = Enumerable.Range(0, 1000).Select(i => 1e12 + i).ToArray();
        Assert.Equal(1000 * 1001 / 12.0, Evaluate<double>(values, Variance(X)), 1e-9);
    }

    [Fact]
    public void A_mean_of_singles_does_not_drift_with_their_number()
    {
        // 0.1f added a million times in single precision is off by 1 %.
        var values = Enumerable.Repeat((double)0.1f, 1_000_000).ToArray();
        values[0] = 0.2f;
        Assert.Equal(((999_999.0 * 0.1f) + 0.2f) / 1_000_000, Evaluate<float>(values, Mean(X)), 1e-16);
    }

    private static void MeanIsExact<T>(double value, int count)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (count > 1 && Math.Abs(value) * count > double.MaxValue)
        {
            return;
        }

        var values = Enumerable.Repeat(value, count).ToArray();
        Assert.Equal(value, Evaluate<T>(values, Mean(X)));
        Assert.Equal(0, Evaluate<T>(values, Variance(X, correction: 0)));
    }

    private static void IsExactButForTheLastDigit<T>(double[] values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var exact = ExactSum.Of(values);
        var absolute = values.Sum(Math.Abs);

        // Doubles: one rounding of the result, and second-order terms. Singles: one rounding in double precision per term.
        var tolerance = typeof(T) == typeof(double)
            ? (Math.Pow(2, -52) * Math.Abs(exact)) + (Math.Pow(2, -96) * absolute)
            : Math.Pow(2, -53) * values.Length * absolute;
        Assert.Equal(exact, Evaluate<T>(values, Sum(X)), tolerance);
        Assert.Equal(exact / values.Length, Evaluate<T>(values, Mean(X)), (tolerance / values.Length) + (Math.Pow(2, -52) * Math.Abs(exact / values.Length)));
    }

    /// <summary>Numbers of all magnitudes whose large parts cancel.</summary>
    private static double[] Nasty(int seed)
    {
        var random = new Random(seed);
        var half = Enumerable.Range(0, random.Next(1, 300)).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-18, 18))).ToArray();
        var values = half.Concat(half.Select(x => -x * (1 + (random.Next(3) * 1e-12)))).Append(random.NextDouble()).ToArray();
        random.Shuffle(values);
        return values;
    }

    private static double Evaluate<T>(double[] values, Expr formula)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        FormulaRunner.Run<T>(new FormulaBatch(values.Length) { Columns = { ["x"] = values } }, [formula])[0][0];
}
