using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PreferenceLosses.Execution;

/// <summary>
/// Sums whose rounding error is carried along. Single-precision values are added in double; double-precision values with
/// the error of each addition in a second accumulator (Knuth's two-sum). So a mean of equal numbers is that number,
/// their variance is exactly 0, and the number of rows does not show in the error.
/// </summary>
internal static unsafe class CompensatedSum
{
    /// <summary>Adds x to (sum, error).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref double sum, ref double error, double x)
    {
        var next = sum + x;
        var part = next - sum;
        error += (sum - (next - part)) + (x - part);
        sum = next;
    }

    /// <summary>The sum of the values as (sum, error), in an order that depends on their number alone, and on no machine.</summary>
    public static void Of<T>(T* values, int count, out double sum, out double error)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
        {
            error = 0;
            sum = OfSingles((float*)values, count);
        }
        else
        {
            OfDoubles((double*)values, count, out sum, out error);
        }
    }

    /// <summary>The value of (sum, error); the error of an infinite sum is NaN and does not count.</summary>
    public static double Value(double sum, double error) => double.IsFinite(sum) ? sum + error : sum;

    /// <summary>(sum, error) / count, with the remainder of the first division divided too.</summary>
    public static double Mean(double sum, double error, double count)
    {
        var mean = sum / count;
        return double.IsFinite(mean) ? mean + ((Math.FusedMultiplyAdd(-mean, count, sum) + error) / count) : mean;
    }

    private static double OfSingles(float* values, int count)
    {
        // Four sums side by side, because an addition waits for the one before it.
        var (first, second, third, fourth) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
        var i = 0;
        for (; i <= count - (2 * Vector512<float>.Count); i += 2 * Vector512<float>.Count)
        {
            var (a, b) = Vector512.Widen(Vector512.Load(values + i));
            var (c, d) = Vector512.Widen(Vector512.Load(values + i + Vector512<float>.Count));
            first += a;
            second += b;
            third += c;
            fourth += d;
        }

        // Halves of halves, written out: Vector512.Sum leaves the order to the machine.
        var eight = (first + second) + (third + fourth);
        var four = eight.GetLower() + eight.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        var sum = two[0] + two[1];
        for (; i < count; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    private static void OfDoubles(double* values, int count, out double sum, out double error)
    {
        var sums = Vector512<double>.Zero;
        var errors = Vector512<double>.Zero;
        var i = 0;
        for (; i <= count - Vector512<double>.Count; i += Vector512<double>.Count)
        {
            var x = Vector512.Load(values + i);
            var next = sums + x;
            var part = next - sums;
            errors += (sums - (next - part)) + (x - part);
            sums = next;
        }

        sum = 0;
        error = 0;
        for (var lane = 0; lane < Vector512<double>.Count; lane++)
        {
            Add(ref sum, ref error, sums[lane]);
            error += errors[lane];
        }

        for (; i < count; i++)
        {
            Add(ref sum, ref error, values[i]);
        }
    }
}
