using System.Numerics;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Execution;

/// <summary>
/// Exponential and logarithm on vectors, and the stable functions built from them. They are our own: the base library's widen
/// single precision to double, and in double precision its e^x gives an element other digits if one beside it is out of range,
/// so that a row's result would depend on its neighbours. Errors are measured by the tests: at most 1 ulp for e^x, 2 ulp for
/// e^x − 1 and logarithms, and 3 ulp for what is made of two of them.
/// </summary>
internal static class VectorFunctions
{
    private const double Ln2 = 0.693147180559945309417;

    /// <summary>What ln 2 is more than its double.</summary>
    private const double Ln2Rest = 2.31904681384629956e-17;

    /// <summary>ln 2 in two parts; the first has so few digits that its product with an exponent is exact.</summary>
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const float Ln2HighSingle = 0.693145752f;
    private const float Ln2LowSingle = 1.42860677e-6f;

    /// <summary>1.5·2⁵² and 1.5·2²³: adding one rounds to the nearest integer, which is then in the low bits.</summary>
    private const double Rounder = 6755399441055744;
    private const float RounderSingle = 12582912;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Exp<T>(Vector<T> x)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector.As<float, T>(Exp(Vector.As<T, float>(x))) : Vector.As<double, T>(Exp(Vector.As<T, double>(x)));

    /// <summary>e^x · b, where e^x alone may overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> ExpTimes<T>(Vector<T> x, Vector<T> b)
        where T : unmanaged => typeof(T) == typeof(float)
            ? Vector.As<float, T>(ExpTimes(Vector.As<T, float>(x), Vector.As<T, float>(b)))
            : Vector.As<double, T>(ExpTimes(Vector.As<T, double>(x), Vector.As<T, double>(b)));

    /// <summary>e^x − 1, accurate near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Expm1<T>(Vector<T> x)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector.As<float, T>(Expm1(Vector.As<T, float>(x))) : Vector.As<double, T>(Expm1(Vector.As<T, double>(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Log<T>(Vector<T> x)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector.As<float, T>(Log(Vector.As<T, float>(x))) : Vector.As<double, T>(Log(Vector.As<T, double>(x)));

    /// <summary>ln(1 + x) for x in [0, 1]: the series, above ½ of (1 + x)/2 with ln 2 added. No digit is lost near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Log1pOfUnit<T>(Vector<T> x)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            var v = Vector.As<T, float>(x);
            var halved = Vector.GreaterThan(v, new Vector<float>(0.5f));
            var log = LogOf1Plus(Vector.ConditionalSelect(halved, (v - Vector<float>.One) * 0.5f, v));
            return Vector.As<float, T>(Vector.ConditionalSelect(halved, log + new Vector<float>((float)Ln2), log));
        }
        else
        {
            var v = Vector.As<T, double>(x);
            var halved = Vector.GreaterThan(v, new Vector<double>(0.5));
            var log = LogOf1Plus(Vector.ConditionalSelect(halved, (v - Vector<double>.One) * 0.5, v));
            return Vector.As<double, T>(Vector.ConditionalSelect(halved, log + new Vector<double>(Ln2), log));
        }
    }

    /// <summary>ln(1 + x): the logarithm of the rounded 1 + x, and what rounding it lost, divided by it.</summary>
    public static Vector<T> Log1p<T>(Vector<T> x)
        where T : unmanaged, INumberBase<T>
    {
        var u = x + Vector<T>.One;
        var part = u - x;
        var lost = (x - (u - part)) + (Vector<T>.One - part);
        var log = Log(u);
        var isExact = Vector.Equals(lost, Vector<T>.Zero) | Vector.Equals(u, Infinity<T>());
        return Vector.ConditionalSelect(isExact, log, log + (lost / u));
    }

    /// <summary>ln(1 − e^x), x ≤ 0: near 0 through expm1, far from it through log1p (Mächler 2012).</summary>
    public static Vector<T> Log1mExp<T>(Vector<T> x)
        where T : unmanaged, INumberBase<T> =>
        Vector.ConditionalSelect(
            Vector.GreaterThan(x, new Vector<T>(T.CreateTruncating(-Ln2))),
            Log(-Expm1(x)),
            Log1p(-Exp(x)));

    /// <summary>tanh x = −t/(2 + t) with t = e^(−2|x|) − 1: unlike the base library's, it keeps its digits near 0.</summary>
    public static Vector<T> Tanh<T>(Vector<T> x)
        where T : unmanaged, INumberBase<T>
    {
        var magnitude = Vector.Abs(x);
        var t = Expm1(-(magnitude + magnitude));
        var tanh = -t / (t + (Vector<T>.One + Vector<T>.One));
        return Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -tanh, tanh);
    }

    /// <summary>e^x = 2ⁿ·(1 + r + p·r²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Exp(Vector<float> x)
    {
        Reduce(x, out var low, out var high, out var r, out var p);
        return Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(p, r, Vector<float>.One), r, Vector<float>.One) * low * high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Exp(Vector<double> x)
    {
        Reduce(x, out var low, out var high, out var r, out var p);
        return Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(p, r, Vector<double>.One), r, Vector<double>.One) * low * high;
    }

    /// <summary>The same with b between the factors of 2ⁿ: no part overflows or underflows unless the result does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> ExpTimes(Vector<float> x, Vector<float> b)
    {
        Reduce(x, out var low, out var high, out var r, out var p);
        return Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(p, r, Vector<float>.One), r, Vector<float>.One) * low * b * high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> ExpTimes(Vector<double> x, Vector<double> b)
    {
        Reduce(x, out var low, out var high, out var r, out var p);
        return Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(p, r, Vector<double>.One), r, Vector<double>.One) * low * b * high;
    }

    /// <summary>2ⁿ·(e^r − 1) + 2ⁿ − 1, which for n = 0 is e^r − 1 itself.</summary>
    private static Vector<float> Expm1(Vector<float> x)
    {
        Reduce(x, out var low, out var high, out var r, out var p);
        return Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(p * r, r, r), low, low - (Vector<float>.One / high)) * high;
    }

    private static Vector<double> Expm1(Vector<double> x)
    {
        Reduce(x, out var low, out var high, out var r, out var p);
        return Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(p * r, r, r), low, low - (Vector<double>.One / high)) * high;
    }

    /// <summary>
    /// e^x = 2ⁿ·e^r with |r| ≤ ln 2 / 2: 2ⁿ in two factors, which are finite and not 0, and e^r = 1 + r + p·r² by eight terms of
    /// the series, exact to 5e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce(Vector<float> x, out Vector<float> low, out Vector<float> high, out Vector<float> r, out Vector<float> p)
    {
        // Beyond these e^x·b is ∞ for any normal b, or 0 for any b below 1e30; NaN passes through both comparisons.
        var held = Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(176.4f)), new Vector<float>(176.4f), x);
        held = Vector.ConditionalSelect(Vector.LessThan(held, new Vector<float>(-174f)), new Vector<float>(-174f), held);
        var shifted = Vector.FusedMultiplyAdd(held, new Vector<float>((float)(1 / Ln2)), new Vector<float>(RounderSingle));
        var n = shifted - new Vector<float>(RounderSingle);
        r = Vector.FusedMultiplyAdd(n, new Vector<float>(-Ln2HighSingle), held);
        r = Vector.FusedMultiplyAdd(n, new Vector<float>(-Ln2LowSingle), r);

        p = new Vector<float>(1f / 5040);
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 720));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 120));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 24));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 6));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(0.5f));

        var exponent = Vector.AsVectorInt32(shifted) - new Vector<int>(0x4B400000);
        var half = exponent >> 1;
        low = PowerOfTwo(half);
        high = PowerOfTwo(exponent - half);
    }

    /// <summary>The same with fourteen terms, exact to 2e-18.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce(Vector<double> x, out Vector<double> low, out Vector<double> high, out Vector<double> r, out Vector<double> p)
    {
        var held = Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<double>(1418.5)), new Vector<double>(1418.5), x);
        held = Vector.ConditionalSelect(Vector.LessThan(held, new Vector<double>(-1416)), new Vector<double>(-1416), held);
        var shifted = Vector.FusedMultiplyAdd(held, new Vector<double>(1 / Ln2), new Vector<double>(Rounder));
        var n = shifted - new Vector<double>(Rounder);
        r = Vector.FusedMultiplyAdd(n, new Vector<double>(-Ln2), held);
        r = Vector.FusedMultiplyAdd(n, new Vector<double>(-Ln2Rest), r);

        // ½ + r/6 + … + r¹¹/13!, in groups of four terms: a chain of twelve would wait for each other.
        var square = r * r;
        var fourth = square * square;
        var first = Four(r, square, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120);
        var second = Four(r, square, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880);
        var third = Four(r, square, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800);
        p = Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(third, fourth, second), fourth, first);

        var exponent = Vector.AsVectorInt64(shifted) - new Vector<long>(0x4338000000000000);
        var half = Vector.ShiftRightLogical(exponent + new Vector<long>(4096), 1) - new Vector<long>(2048);
        low = PowerOfTwo(half);
        high = PowerOfTwo(exponent - half);
    }

    /// <summary>a + b·x + c·x² + d·x³.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Four(Vector<double> x, Vector<double> square, double a, double b, double c, double d) =>
        Vector.FusedMultiplyAdd(
            Vector.FusedMultiplyAdd(new Vector<double>(d), x, new Vector<double>(c)),
            square,
            Vector.FusedMultiplyAdd(new Vector<double>(b), x, new Vector<double>(a)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> PowerOfTwo(Vector<int> n) => Vector.AsVectorSingle((n + new Vector<int>(127)) << 23);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> PowerOfTwo(Vector<long> n) => Vector.AsVectorDouble((n + new Vector<long>(1023)) << 52);

    /// <summary>ln x = k·ln 2 + ln m with x = 2ᵏ·m and m in [√½, √2).</summary>
    private static Vector<float> Log(Vector<float> x)
    {
        // Subnormal numbers are scaled to normal ones first.
        var tiny = Vector.LessThan(x, new Vector<float>(1.17549435e-38f));
        var scaled = Vector.ConditionalSelect(tiny, x * 8388608f, x);
        var above = Vector.AsVectorInt32(scaled) - new Vector<int>(0x3F3504F3);
        var k = Vector.ConvertToSingle(above >> 23) - Vector.ConditionalSelect(tiny, new Vector<float>(23f), Vector<float>.Zero);
        var m = Vector.AsVectorSingle((above & new Vector<int>(0x007FFFFF)) + new Vector<int>(0x3F3504F3));
        var log = LogOf1Plus(m - Vector<float>.One);
        log = Vector.FusedMultiplyAdd(k, new Vector<float>(Ln2HighSingle), Vector.FusedMultiplyAdd(k, new Vector<float>(Ln2LowSingle), log));
        return WithSpecialValues(x, log);
    }

    private static Vector<double> Log(Vector<double> x)
    {
        var tiny = Vector.LessThan(x, new Vector<double>(2.2250738585072014e-308));
        var scaled = Vector.ConditionalSelect(tiny, x * 4503599627370496, x);
        var above = Vector.AsVectorInt64(scaled) - new Vector<long>(0x3FE6A09E667F3BCD);

        // The exponent as a number: its bits, moved to be positive, in the low bits of 2⁵² + ….
        var exponent = Vector.ShiftRightLogical(above + new Vector<long>(2048L << 52), 52) + new Vector<long>(0x4330000000000000);
        var k = Vector.AsVectorDouble(exponent) - new Vector<double>(4503599627370496 + 2048) - Vector.ConditionalSelect(tiny, new Vector<double>(52), Vector<double>.Zero);
        var m = Vector.AsVectorDouble((above & new Vector<long>(0x000FFFFFFFFFFFFF)) + new Vector<long>(0x3FE6A09E667F3BCD));
        var log = LogOf1Plus(m - Vector<double>.One);
        log = Vector.FusedMultiplyAdd(k, new Vector<double>(Ln2High), Vector.FusedMultiplyAdd(k, new Vector<double>(Ln2Low), log));
        return WithSpecialValues(x, log);
    }

    /// <summary>The logarithm of positive finite numbers; −∞ of 0, ∞ of ∞, and NaN of the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> WithSpecialValues<T>(Vector<T> x, Vector<T> log)
        where T : unmanaged, INumberBase<T>
    {
        var special = Vector.ConditionalSelect(
            Vector.Equals(x, Vector<T>.Zero), -Infinity<T>(), new Vector<T>(T.CreateTruncating(double.NaN)));
        special = Vector.ConditionalSelect(Vector.Equals(x, Infinity<T>()), x, special);
        var isOrdinary = Vector.GreaterThan(x, Vector<T>.Zero) & Vector.LessThan(x, Infinity<T>());
        return Vector.ConditionalSelect(isOrdinary, log, special);
    }

    /// <summary>
    /// ln(1 + f) for f in [−0.3, 0.5] = 2·artanh(s) with s = f/(2 + f), whose series 2(s + s³/3 + …) is written as
    /// f − (f²/2 − s(f²/2 + R)): all that is rounded is small beside f. The rest of R is below 1e-9 of the sum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> LogOf1Plus(Vector<float> f)
    {
        var s = f / (f + new Vector<float>(2f));
        var square = s * s;
        var p = new Vector<float>(2f / 11);
        p = Vector.FusedMultiplyAdd(p, square, new Vector<float>(2f / 9));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<float>(2f / 7));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<float>(2f / 5));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<float>(2f / 3));
        var half = 0.5f * f * f;
        return f - Vector.FusedMultiplyAdd(-s, Vector.FusedMultiplyAdd(p, square, half), half);
    }

    /// <summary>The same with a rest below 2e-17 of the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> LogOf1Plus(Vector<double> f)
    {
        var s = f / (f + new Vector<double>(2));
        var square = s * s;
        var fourth = square * square;
        var eighth = fourth * fourth;
        var first = Four(square, fourth, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9);
        var second = Four(square, fourth, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17);
        var third = Vector.FusedMultiplyAdd(new Vector<double>(2.0 / 21), square, new Vector<double>(2.0 / 19));
        var p = Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(third, eighth, second), eighth, first);
        var half = 0.5 * f * f;
        return f - Vector.FusedMultiplyAdd(-s, Vector.FusedMultiplyAdd(p, square, half), half);
    }

    private static Vector<T> Infinity<T>()
        where T : unmanaged, INumberBase<T> =>
        new(T.CreateTruncating(double.PositiveInfinity));
}
