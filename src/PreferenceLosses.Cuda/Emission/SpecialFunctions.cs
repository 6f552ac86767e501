using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>
/// Functions that losses rarely have, in double precision whatever the loss is computed in: rounded to single precision
/// they are within 1 ulp. In double precision itself relative errors are up to 1e-13.
/// </summary>
internal sealed class SpecialFunctions(PtxWriter writer)
{
    private const double HalfPi = Math.PI / 2;

    /// <summary>Beyond this a double has no digits left of the angle; the result is NaN rather than noise.</summary>
    private const double LargestAngle = 1 << 30;

    /// <summary>Where the series of erf hands over to the continued fraction of erfc.</summary>
    private const double Crossover = 2;

    private readonly Arithmetic f = new(writer, isDouble: true);

    public string Evaluate(Operation operation, string a, string b) => operation switch
    {
        Operation.Power => Power(a, b),
        Operation.Sin => Wave(a, quarter: 0),
        Operation.Cos => Wave(a, quarter: 1),
        Operation.Atan => Atan(a),
        Operation.Erf => Erf(a),
        _ => Erfc(a),
    };

    /// <summary>|a|^b = e^(b ln|a|); negative numbers have powers with integer exponents only.</summary>
    private string Power(string a, string b)
    {
        b = f.Multiply(b, f.One);
        var magnitude = f.Abs(a);
        var power = f.Exp(f.Multiply(b, f.Log(magnitude)));
        var isNegative = f.Less(a, f.Zero);
        var isInteger = f.Equal(Rounded(b), b);
        var half = f.Multiply(b, f.Constant(0.5));
        var isOdd = Both(isInteger, f.Compare("neu", Rounded(half), half));
        power = f.Select(Both(isNegative, isOdd), f.Negate(power), power);
        power = f.Select(Both(isNegative, Not(isInteger)), f.Constant(double.NaN), power);

        // 1 to any power, anything to the power 0, and −1 to an infinite one.
        var isInfinite = f.Equal(f.Abs(b), f.Constant(double.PositiveInfinity));
        var isOne = writer.Op(
            Register.Predicate, "or.pred", f.Equal(a, f.One), Both(f.Equal(magnitude, f.One), isInfinite));
        isOne = writer.Op(Register.Predicate, "or.pred", isOne, f.Equal(b, f.Zero));
        return f.Select(isOne, f.One, power);
    }

    /// <summary>sin(x + quarter·π/2): what is left of x after the nearest multiple of π/2, and which of the four waves it is on.</summary>
    private string Wave(string x, int quarter)
    {
        // π/2 in three parts of 53 bits.
        var n = Rounded(f.Multiply(x, f.Constant(1 / HalfPi)));
        var r = f.FusedMultiplyAdd(n, f.Constant(-HalfPi), x);
        r = f.FusedMultiplyAdd(n, f.Constant(-6.123233995736766e-17), r);
        r = f.FusedMultiplyAdd(n, f.Constant(1.4973849048591833e-33), r);
        var square = f.Multiply(r, r);
        var sine = f.Multiply(r, f.Horner(square, Reciprocals(17)));
        var cosine = f.Horner(square, Reciprocals(16));
        var place = writer.Op(Register.Int, "cvt.rzi.s32.f64", n);
        if (quarter > 0)
        {
            place = writer.Op(Register.Int, "add.s32", place, "1");
        }

        var isCosine = IsBitSet(place, "1");
        var wave = f.Select(isCosine, cosine, sine);
        wave = f.Select(IsBitSet(place, "2"), f.Negate(wave), wave);
        return f.Select(f.Compare("le", f.Abs(x), f.Constant(LargestAngle)), wave, f.Constant(double.NaN));
    }

    /// <summary>atan x = π/2 − atan(1/x) above 1, and π/4 + atan((x − 1)/(x + 1)) above tan(π/8); the series below.</summary>
    private string Atan(string x)
    {
        var magnitude = f.Abs(x);
        var isLarge = f.Compare("gt", magnitude, f.One);
        var a = f.Select(isLarge, f.Divide(f.One, magnitude), magnitude);
        var isMiddle = f.Compare("gt", a, f.Constant(Math.Sqrt(2) - 1));
        var t = f.Select(isMiddle, f.Divide(f.Subtract(a, f.One), f.Add(a, f.One)), a);
        var square = f.Multiply(t, t);
        var terms = new double[22];
        for (var n = 0; n < terms.Length; n++)
        {
            terms[^(n + 1)] = (n % 2 == 0 ? 1.0 : -1.0) / ((2 * n) + 1);
        }

        var atan = f.Multiply(t, f.Horner(square, terms));
        atan = f.Select(isMiddle, f.Add(atan, f.Constant(Math.PI / 4)), atan);
        atan = f.Select(isLarge, f.Subtract(f.Constant(HalfPi), atan), atan);
        return f.Select(f.Less(x, f.Zero), f.Negate(atan), atan);
    }

    private string Erf(string x)
    {
        var magnitude = f.Abs(x);
        var tail = f.Subtract(f.One, Tail(magnitude));
        var far = f.Select(f.Less(x, f.Zero), f.Negate(tail), tail);
        return f.Select(f.Less(magnitude, f.Constant(Crossover)), Series(x), far);
    }

    private string Erfc(string x)
    {
        var tail = Tail(f.Abs(x));
        var far = f.Select(f.Less(x, f.Zero), f.Subtract(f.Constant(2), tail), tail);
        return f.Select(f.Less(f.Abs(x), f.Constant(Crossover)), f.Subtract(f.One, Series(x)), far);
    }

    /// <summary>erf(x) = 2/√π · e^(−x²) · x · Σ (2x²)ⁿ / (2n+1)!!, for |x| below 2: all terms have one sign.</summary>
    private string Series(string x)
    {
        var terms = new double[41];
        var factor = 1.0;
        for (var n = 0; n < terms.Length; n++)
        {
            terms[^(n + 1)] = factor;
            factor *= 2.0 / ((2 * n) + 3);
        }

        var square = f.Multiply(x, x);
        var sum = f.Multiply(x, f.Horner(square, terms));
        return f.Multiply(f.Multiply(f.Exp(f.Negate(square)), sum), f.Constant(2 / Math.Sqrt(Math.PI)));
    }

    /// <summary>erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + …))) for x from 2 on, from a fixed depth upwards.</summary>
    private string Tail(string x)
    {
        var fraction = x;
        for (var k = 60; k >= 1; k--)
        {
            fraction = f.Add(f.Divide(f.Constant(k / 2.0), fraction), x);
        }

        // The rounding error of x² would be multiplied by x² in the exponential.
        var square = f.Multiply(x, x);
        var rest = f.FusedMultiplyAdd(x, x, f.Negate(square));
        var exponential = f.Multiply(f.Exp(f.Negate(square)), f.Subtract(f.One, rest));
        var tail = f.Divide(f.Multiply(exponential, f.Constant(1 / Math.Sqrt(Math.PI))), fraction);
        return f.Select(f.Equal(square, f.Constant(double.PositiveInfinity)), f.Zero, tail);
    }

    /// <summary>±1/n! of every other n up to <paramref name="last"/>, the last one first, in alternating signs that end with +.</summary>
    private static double[] Reciprocals(int last)
    {
        var terms = new List<double>();
        var factorial = 1.0;
        for (var n = 0; n <= last; n++)
        {
            factorial *= Math.Max(n, 1);
            if (n % 2 == last % 2)
            {
                terms.Insert(0, (n / 2 % 2 == 0 ? 1 : -1) / factorial);
            }
        }

        return [.. terms];
    }

    private string Rounded(string x) => writer.Op(Register.Double, "cvt.rni.f64.f64", x);

    private string Both(string p, string q) => writer.Op(Register.Predicate, "and.pred", p, q);

    private string Not(string p) => writer.Op(Register.Predicate, "not.pred", p);

    private string IsBitSet(string value, string bit) =>
        writer.Op(Register.Predicate, "setp.ne.s32", writer.Op(Register.Int, "and.b32", value, bit), "0");
}
