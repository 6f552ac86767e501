namespace PreferenceLosses.Tests.Support;

/// <summary>A number as the unevaluated sum of two doubles: about 31 digits, for the exact values of elementary functions.</summary>
/// <param name="High">The number, rounded.</param>
/// <param name="Low">What that rounding left.</param>
internal readonly record struct DoubleDouble(double High, double Low)
{
    private static readonly DoubleDouble Ln2 = new(0.69314718055994530942, 2.3190468138462996e-17);

    public static implicit operator DoubleDouble(double value) => new(value, 0);

    public static DoubleDouble operator -(DoubleDouble x) => new(-x.High, -x.Low);

    public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
    {
        var sum = Sum(a.High, b.High);
        return Sum(sum.High, sum.Low + (a.Low + b.Low));
    }

    public static DoubleDouble operator -(DoubleDouble a, DoubleDouble b) => a + -b;

    public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
    {
        var product = a.High * b.High;
        return Sum(product, Math.FusedMultiplyAdd(a.High, b.High, -product) + ((a.High * b.Low) + (a.Low * b.High)));
    }

    public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
    {
        var first = a.High / b.High;
        var rest = a - (b * first);
        var second = rest.High / b.High;
        return Sum(first, second) + ((rest - (b * second)).High / b.High);
    }

    /// <summary>How many units in the last place of the exact number a double is away from it.</summary>
    public double UlpsTo(double value)
    {
        var ulp = Math.Max(Math.ScaleB(1, Math.ILogB(High) - 52), double.Epsilon);
        return Math.Abs((value - High) - Low) / ulp;
    }

    /// <summary>2ᵏ·(e^r)⁵¹², with the series for |r| below 0.0007.</summary>
    public static DoubleDouble Exp(DoubleDouble x)
    {
        var k = Math.Round(x.High / Ln2.High);
        var r = (x - (Ln2 * k)) * (1.0 / 512);
        var power = Series(r) + 1;
        for (var i = 0; i < 9; i++)
        {
            power *= power;
        }

        return new(Math.ScaleB(power.High, (int)k), Math.ScaleB(power.Low, (int)k));
    }

    public static DoubleDouble Expm1(DoubleDouble x) => Math.Abs(x.High) < 0.4 ? Series(x) : Exp(x) - 1;

    /// <summary>2·artanh((x − 1)/(x + 1)) near 1; elsewhere one step of Halley's method from the rounded logarithm.</summary>
    public static DoubleDouble Log(DoubleDouble x)
    {
        if (Math.Abs(x.High - 1) < 0.4)
        {
            var s = (x - 1) / (x + 1);
            var square = s * s;
            DoubleDouble sum = 0;
            for (var n = 81; n >= 1; n -= 2)
            {
                sum = (sum * square) + ((DoubleDouble)1 / n);
            }

            return s * sum * 2;
        }

        var guess = Math.Log(x.High);
        var exp = Exp(guess);
        return guess + ((x - exp) / (x + exp) * 2);
    }

    /// <summary>x − x²/2 + x³/3 where 1 + x would lose digits of x.</summary>
    public static DoubleDouble Log1p(DoubleDouble x) => Math.Abs(x.High) < 1e-9 ? x - (x * x / 2) + (x * x * x / 3) : Log(x + 1);

    public static DoubleDouble Log1mExp(DoubleDouble x) => x.High > -1 ? Log(-Expm1(x)) : Log1p(-Exp(x));

    public static DoubleDouble Tanh(DoubleDouble x)
    {
        var t = Expm1(x * 2);
        return t / (t + 2);
    }

    public static DoubleDouble Softplus(DoubleDouble x) => x.High > 0 ? x + Log1p(Exp(-x)) : Log1p(Exp(x));

    public static DoubleDouble Sigmoid(DoubleDouble x) => x.High > 0 ? 1 / (1 + Exp(-x)) : Exp(x) / (1 + Exp(x));

    /// <summary>e^x − 1 by its series.</summary>
    private static DoubleDouble Series(DoubleDouble x)
    {
        DoubleDouble sum = 0;
        for (var n = 28; n >= 1; n--)
        {
            sum = (sum + 1) * x / n;
        }

        return sum;
    }

    /// <summary>Knuth's exact sum of two doubles.</summary>
    private static DoubleDouble Sum(double a, double b)
    {
        var sum = a + b;
        var part = sum - a;
        return new(sum, (a - (sum - part)) + (b - part));
    }
}
