namespace PreferenceLosses.Analysis.Rules;

/// <summary>
/// A set of real numbers that contains every value a formula can have: from <see cref="Low"/> to <see cref="High"/>, with or
/// without 0. Operations round outwards, so what they say holds of the exact values.
/// </summary>
internal readonly record struct Interval
{
    /// <summary>The elementary functions are right to a few units in the last place; this is far more.</summary>
    private const double RelativeError = 1e-13;

    public Interval(double low, double high, bool mayBeZero = true)
    {
        Low = low;
        High = high;
        MayBeZero = mayBeZero && low <= 0 && high >= 0;
        IsDefined = true;
    }

    /// <summary>Lower end, −∞ if there is none.</summary>
    public double Low { get; }

    /// <summary>Upper end, +∞ if there is none.</summary>
    public double High { get; }

    /// <summary>Whether 0 is one of the numbers.</summary>
    public bool MayBeZero { get; }

    /// <summary>Whether the formula has a finite value for all finite inputs: no logarithm of 0, no division by it.</summary>
    public bool IsDefined { get; private init; }

    public static Interval All { get; } = new(double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>Anything, not a number included.</summary>
    public static Interval Undefined { get; } = All with { IsDefined = false };

    public bool IsNonNegative => Low >= 0;

    public bool IsNonPositive => High <= 0;

    public bool IsPositive => Low >= 0 && !MayBeZero;

    public bool IsNegative => High <= 0 && !MayBeZero;

    public bool IsZero => Low == 0 && High == 0;

    public static Interval Of(double value) => double.IsFinite(value) ? new(value, value) : Undefined;

    public static Interval operator -(Interval a) => new(-a.High, -a.Low, a.MayBeZero);

    public static Interval operator +(Interval a, Interval b)
    {
        var sum = new Interval(SumDown(a.Low, b.Low), SumUp(a.High, b.High));

        // What is positive stays so, however small a number is added.
        var positive = (a.IsPositive && b.IsNonNegative) || (b.IsPositive && a.IsNonNegative);
        var negative = (a.IsNegative && b.IsNonPositive) || (b.IsNegative && a.IsNonPositive);
        return positive ? new(Math.Max(sum.Low, 0), sum.High, false) : negative ? new(sum.Low, Math.Min(sum.High, 0), false) : sum;
    }

    public static Interval operator -(Interval a, Interval b) => a + -b;

    public static Interval operator *(Interval a, Interval b)
    {
        ReadOnlySpan<(double Down, double Up)> corners =
            [Product(a.Low, b.Low), Product(a.Low, b.High), Product(a.High, b.Low), Product(a.High, b.High)];
        var (low, high) = corners[0];
        foreach (var (down, up) in corners[1..])
        {
            (low, high) = (Math.Min(low, down), Math.Max(high, up));
        }

        var nonNegative = (a.IsNonNegative && b.IsNonNegative) || (a.IsNonPositive && b.IsNonPositive);
        var nonPositive = (a.IsNonNegative && b.IsNonPositive) || (a.IsNonPositive && b.IsNonNegative);
        return new(nonNegative ? Math.Max(low, 0) : low, nonPositive ? Math.Min(high, 0) : high, a.MayBeZero || b.MayBeZero);
    }

    /// <summary>1/a; undefined if a may be 0.</summary>
    public static Interval Reciprocal(Interval a)
    {
        if (a.MayBeZero || (a.Low < 0 && a.High > 0))
        {
            return Undefined;
        }

        var low = Down(1 / (a.High == 0 ? -0.0 : a.High));
        var high = Up(1 / (a.Low == 0 ? 0.0 : a.Low));
        return a.IsPositive
            ? new(Math.Max(low, 0), a.Low == 0 ? double.PositiveInfinity : high, false)
            : new(a.High == 0 ? double.NegativeInfinity : low, Math.Min(high, 0), false);
    }

    public static Interval Square(Interval a)
    {
        var size = Abs(a);
        var square = size * size;
        return new(Math.Max(square.Low, 0), square.High, a.MayBeZero);
    }

    public static Interval Abs(Interval a) => a.IsNonNegative ? a
        : a.IsNonPositive ? -a
        : new(0, Math.Max(-a.Low, a.High), a.MayBeZero);

    public static Interval Minimum(Interval a, Interval b) => new(Math.Min(a.Low, b.Low), Math.Min(a.High, b.High), a.MayBeZero || b.MayBeZero);

    public static Interval Maximum(Interval a, Interval b) => new(Math.Max(a.Low, b.Low), Math.Max(a.High, b.High), a.MayBeZero || b.MayBeZero);

    /// <summary>The smallest interval around both.</summary>
    public static Interval Union(Interval a, Interval b) => new(Math.Min(a.Low, b.Low), Math.Max(a.High, b.High), a.MayBeZero || b.MayBeZero);

    /// <summary>The values of a function that never falls, within its own least and largest value.</summary>
    public static Interval Increasing(Interval a, Func<double, double> function, double floor, double ceiling, bool mayBeZero = true) =>
        new(Math.Max(floor, Down(function(a.Low), a.Low)), Math.Min(ceiling, Up(function(a.High), a.High)), mayBeZero);

    /// <summary>The values of a function that never rises.</summary>
    public static Interval Decreasing(Interval a, Func<double, double> function, double floor, double ceiling, bool mayBeZero = true) =>
        new(Math.Max(floor, Down(function(a.High), a.High)), Math.Min(ceiling, Up(function(a.Low), a.Low)), mayBeZero);

    /// <summary>Below the exact value whose rounded one is given; an infinite value of a finite argument is an overflow.</summary>
    private static double Down(double value, double argument = 0) => value switch
    {
        double.PositiveInfinity when double.IsFinite(argument) => double.MaxValue,
        double.PositiveInfinity or double.NegativeInfinity => value,
        _ => Math.BitDecrement(value - (Math.Abs(value) * RelativeError)),
    };

    private static double Up(double value, double argument = 0) => -Down(-value, argument);

    private static double SumDown(double a, double b)
    {
        var sum = a + b;
        return sum switch
        {
            double.PositiveInfinity when double.IsFinite(a) && double.IsFinite(b) => double.MaxValue,
            double.PositiveInfinity or double.NegativeInfinity => sum,
            _ => sum - b == a && sum - a == b ? sum : Math.BitDecrement(sum),
        };
    }

    private static double SumUp(double a, double b) => -SumDown(-a, -b);

    /// <summary>Bounds of a product; 0·∞ is 0, as an end at infinity is never reached.</summary>
    private static (double Down, double Up) Product(double a, double b)
    {
        var product = a * b;
        return a == 0 || b == 0 ? (0, 0)
            : !double.IsFinite(a) || !double.IsFinite(b) ? (product, product)
            : double.IsInfinity(product) ? (Math.Clamp(product, double.MinValue, double.PositiveInfinity) is double.PositiveInfinity ? (double.MaxValue, product) : (product, double.MinValue))
            : (Math.BitDecrement(product), Math.BitIncrement(product));
    }
}
