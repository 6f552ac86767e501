namespace PreferenceLosses.Tests.Support;

/// <summary>Errors of single-precision results.</summary>
internal static class SingleUlps
{
    /// <summary>
    /// How many units in the last place of the exact number a float is away from it; 0 if both are NaN or the same infinity, and
    /// infinite if only one is.
    /// </summary>
    public static double Of(float value, double exact)
    {
        var rounded = (float)exact;
        if (!float.IsFinite(rounded) || !float.IsFinite(value))
        {
            return value.Equals(rounded) ? 0 : double.PositiveInfinity;
        }

        var ulp = Math.Max(Math.ScaleB(1, Math.ILogB(exact) - 23), float.Epsilon);
        return Math.Abs(value - exact) / ulp;
    }
}
