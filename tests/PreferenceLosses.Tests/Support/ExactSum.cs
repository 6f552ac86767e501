using System.Numerics;

namespace PreferenceLosses.Tests.Support;

/// <summary>Sums of doubles without any rounding but the last.</summary>
internal static class ExactSum
{
    /// <summary>Every double is a whole number of 2⁻¹⁰⁷⁴, so the sum of any is too.</summary>
    public static double Of(IEnumerable<double> values)
    {
        var sum = values.Aggregate(BigInteger.Zero, (total, value) => total + Units(value));

        // All but the leading 64 bits are dropped, which are more than a double has.
        var dropped = Math.Max((int)(BigInteger.Abs(sum).GetBitLength() - 64), 0);
        return Math.ScaleB(Math.ScaleB((double)(sum >> dropped), dropped - 600), -474);
    }

    private static BigInteger Units(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        return (value < 0 ? -mantissa : mantissa) * BigInteger.Pow(2, Math.Max(exponent - 1, 0));
    }
}
