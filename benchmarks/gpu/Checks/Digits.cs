namespace PreferenceLosses.Gpu.Checks;

/// <summary>
/// Compares single-precision values with the CPU's. The kernels promise the CPU's digits, except where they use a power, a sine or an error function, or a
/// statistic of the batch, which may be rounded otherwise: so a few units in the last place are let through, and counted.
/// </summary>
internal sealed class Digits
{
    private const int LargestDifference = 4;

    /// <summary>How many values were compared.</summary>
    public long Values { get; private set; }

    /// <summary>How many were not the same.</summary>
    public long Other { get; private set; }

    /// <summary>By how many units in the last place of the expected value they differed at most.</summary>
    public long Units { get; private set; }

    /// <summary>What is wrong with values; null if nothing is.</summary>
    /// <param name="expected">The CPU's values of a column.</param>
    /// <param name="actual">The device's.</param>
    /// <param name="hasStatistic">Whether they depend on a statistic of the batch.</param>
    public string? Compare(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, bool hasStatistic)
    {
        // A statistic that is rounded otherwise and goes out in a sum leaves an error of the size of its terms: a unit of the largest value of the column at
        // most. Where there is none, small values have their own digits.
        var largest = 0f;
        foreach (var value in expected)
        {
            largest = float.IsFinite(value) ? Math.Max(largest, Math.Abs(value)) : largest;
        }

        var unitOfLargest = (double)MathF.BitIncrement(largest) - largest;
        for (var i = 0; i < expected.Length; i++)
        {
            Values++;
            if (expected[i].Equals(actual[i]))
            {
                continue;
            }

            Other++;
            var unit = (double)MathF.BitIncrement(Math.Abs(expected[i])) - Math.Abs(expected[i]);
            var difference = Math.Abs((double)expected[i] - actual[i]);
            if (!(difference <= Math.Max(LargestDifference * unit, hasStatistic ? unitOfLargest : 0)))
            {
                return FormattableString.Invariant($"{actual[i]:R} at {i}, expected {expected[i]:R}");
            }

            Units = Math.Max(Units, (long)Math.Round(difference / unit));
        }

        return null;
    }
}
