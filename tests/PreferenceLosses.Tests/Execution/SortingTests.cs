using System.Numerics;
using FsCheck.Fluent;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Orders are ascending, stable, and have NaN last; sorting and its inverse undo each other.</summary>
public class SortingTests
{
    private static readonly double[] Ties = [0, -0.0, 1, -1, 2, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    [Fact]
    public void An_order_is_that_of_a_stable_sort_with_NaN_last() =>
        // Few different values, so there are ties of every kind, at lengths where the library's sort is not stable by itself.
        Property.Check(Gen.Elements(Ties).ArrayOf().ToArbitrary(), keys =>
        {
            IsStable<double>(keys);
            IsStable<float>(keys);
        }, 500);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(1000)]
    public void Keys_that_are_all_equal_or_all_NaN_keep_their_order(int count)
    {
        foreach (var key in Ties)
        {
            Assert.Equal(Enumerable.Range(0, count), Order<double>([.. Enumerable.Repeat(key, count)]).Order);
        }
    }

    [Fact]
    public unsafe void A_radix_sort_gives_the_same_order()
    {
        var random = new Random(6);
        foreach (var count in new[] { 0, 1, 2, 100, 5000, 70_000 })
        {
            var keys = Enumerable.Range(0, count).Select(i => (i % 5) switch
            {
                0 => (float)Ties[random.Next(Ties.Length)],
                1 => random.Next(-3, 4),
                _ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
            }).ToArray();
            var order = new int[count];
            var scratch = new ulong[2 * count];
            fixed (ulong* memory = scratch)
            {
                RadixSort.Order(keys, order, memory);
            }

            var expected = Order<float>(keys.Select(k => (double)k).ToArray()).Order;
            Assert.Equal(expected, order);
        }
    }

    [Fact]
    public void Keys_are_left_sorted()
    {
        var (keys, _) = Order<double>([3, double.NaN, -1, 2, double.NaN, -1]);
        Assert.Equal([-1, -1, 2, 3, double.NaN, double.NaN], keys);
    }

    [Fact]
    public void Unsorting_puts_back_what_sorting_took() =>
        Property.Check(Gen.Elements(Ties).ArrayOf().ToArbitrary(), keys =>
        {
            var values = Enumerable.Range(0, keys.Length).Select(i => i + 0.5).ToArray();
            var order = Order<double>(keys).Order;
            Assert.Equal(values, Apply(Operation.UnsortBy, Apply(Operation.SortBy, values, order), order));
            Assert.Equal(values, Apply(Operation.SortBy, Apply(Operation.UnsortBy, values, order), order));
        }, 100);

    [Fact]
    public void Running_sums_and_logs_run_both_ways()
    {
        double[] x = [1, 2, 4, 8];
        Assert.Equal([1, 3, 7, 15], Apply(Operation.CumulativeSum, x));
        Assert.Equal([15, 14, 12, 8], Apply(Operation.ReverseCumulativeSum, x));
        double[] logs = [0, 0, Math.Log(2), Math.Log(4)];
        Assert.Equal([0, Math.Log(2), Math.Log(4), Math.Log(8)], Apply(Operation.CumulativeLogSumExp, logs), Within);
        Assert.Equal([Math.Log(8), Math.Log(7), Math.Log(6), Math.Log(4)], Apply(Operation.ReverseCumulativeLogSumExp, logs), Within);

        static bool Within(double expected, double actual) => Math.Abs(expected - actual) < 1e-15;
    }

    [Fact]
    public void A_running_sum_carries_its_rounding_errors()
    {
        // In plain doubles the ones would vanish beside 1e17, and be missing when that is taken away.
        var sums = Apply(Operation.CumulativeSum, [1e17, 1, 1, 1, -1e17]);
        Assert.Equal(3, sums[^1]);

        // And a running sum of floats does not stop at 2²⁴.
        var singles = new float[20_000_000];
        singles.AsSpan().Fill(1);
        var counts = new float[singles.Length];
        Sorting.Apply<float>(Operation.CumulativeSum, singles, [], counts);
        Assert.Equal(20_000_000, counts[^1]);
    }

    [Fact]
    public void An_elementwise_operation_is_neither_a_sort_nor_a_scan() =>
        Assert.Throws<InvalidOperationException>(() => Apply(Operation.Add, [1, 2]));

    private static void IsStable<T>(double[] keys)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // LINQ's OrderBy is stable.
        var expected = Enumerable.Range(0, keys.Length).OrderBy(i => double.IsNaN(keys[i])).ThenBy(i => keys[i] + 0.0);
        Assert.Equal(expected, Order<T>(keys).Order);
    }

    private static (double[] Keys, int[] Order) Order<T>(double[] keys)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var own = PairColumns.Convert<T>(keys);
        var order = new int[keys.Length];
        Sorting.Order(own.AsSpan(), order);
        return ([.. own.Select(double.CreateTruncating)], order);
    }

    private static double[] Apply(Operation operation, double[] values, int[]? order = null)
    {
        var result = new double[values.Length];
        Sorting.Apply<double>(operation, values, order, result);
        return result;
    }
}
