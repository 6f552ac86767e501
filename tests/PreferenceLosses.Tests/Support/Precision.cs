namespace PreferenceLosses.Tests.Support;

/// <summary>What a computation in some precision rounds to.</summary>
/// <param name="Roundoff">Half the distance from 1 to the next number: the relative error of one rounding.</param>
/// <param name="Smallest">The smallest number above 0: the absolute error of one rounding below the normal numbers.</param>
/// <param name="Largest">The largest finite number.</param>
internal sealed record Precision(double Roundoff, double Smallest, double Largest)
{
    public static readonly Precision Single = new(1.0 / (1 << 24), float.Epsilon, float.MaxValue);

    public static readonly Precision Double = new(1.0 / (1L << 53), double.Epsilon, double.MaxValue);

    /// <summary>For values alone: no error is followed, and none is allowed.</summary>
    public static readonly Precision Exact = new(0, 0, double.MaxValue);

    public static Precision Of<T>() => typeof(T) == typeof(float) ? Single : Double;

    /// <summary>The number that a number is rounded to.</summary>
    public double Rounded(double value) => this == Single ? (float)value : value;

    /// <summary>The number, or the infinity that it overflows to.</summary>
    public double Held(double value) => Math.Abs(value) > Largest ? Math.CopySign(double.PositiveInfinity, value) : value;
}
