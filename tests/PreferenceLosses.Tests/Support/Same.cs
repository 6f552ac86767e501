namespace PreferenceLosses.Tests.Support;

/// <summary>Comparisons of arrays of numbers, with the position of the first difference in the failure.</summary>
internal static class Same
{
    /// <summary>Equal bit for bit, except that 0 equals −0.</summary>
    public static void Bits(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, string what = "values") =>
        Within(expected, actual, 0, what);

    /// <summary>Equal bit for bit, except that 0 equals −0.</summary>
    public static void Bits(PairColumns expected, PairColumns actual, string what = "values")
    {
        foreach (var column in PairColumns.Names)
        {
            Bits(expected[column], actual[column], $"{what}, {column}");
        }
    }

    /// <summary>Equal up to an absolute tolerance; NaN equals NaN, and an infinity itself.</summary>
    public static void Within(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance, string what = "values")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!expected[i].Equals(actual[i]) && !(Math.Abs(expected[i] - actual[i]) <= tolerance))
            {
                Assert.Fail($"{what}: {actual[i]:R} at {i}, and {expected[i]:R} was expected, within {tolerance:G3}.");
            }
        }
    }

    /// <summary>Equal up to a tolerance relative to the expected value.</summary>
    public static void Relative(double expected, double actual, double tolerance, string what = "value") =>
        Within([expected], [actual], tolerance * Math.Abs(expected), what);
}
