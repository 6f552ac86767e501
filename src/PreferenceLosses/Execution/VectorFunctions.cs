using System.Numerics;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Execution;

/// <summary>
/// Exponential and logarithm on vectors, and the stable functions built from them. In double precision e^x and ln x are
/// the base library's; in single precision they are our own, because the base library's widen to double. Errors are
/// held by the tests, at most 1 ulp for e^x, 2 for ln x and for ln(1 + x) on [0, 1], 4 for the others.
/// </summary>
internal static class VectorFunctions
{
    private const double Ln2 = 0.693147180559945309417;

    /// <summary>Above it, ln(1 + x) is taken from (1 + x)/2 and ln 2; x − 1 is exact from here on.</summary>
    private const double HalvingPoint = 0.5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Exp<T>(Vector<T> x)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector.As<float, T>(Exp(Vector.As<T, float>(x))) : Vector.As<double, T>(Vector.Exp(Vector.As<T, double>(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Log<T>(Vector<T> x)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector.As<float, T>(Log(Vector.As<T, float>(x))) : Vector.As<double, T>(Vector.Log(Vector.As<T, double>(x)));

    /// <summary>ln(1 + x) for x in [0, 1]: 2·artanh(f/(2 + f)) with f = x, or (x − 1)/2 and ln 2 added. No digit is lost near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Log1pOfUnit<T>(Vector<T> x)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            var v = Vector.As<T, float>(x);
            var halved = Vector.GreaterThan(v, new Vector<float>((float)HalvingPoint));
            var f = Vector.ConditionalSelect(halved, (v - Vector<float>.One) * 0.5f, v);
            var log = TwiceArtanh(f / (f + new Vector<float>(2f)));
            return Vector.As<float, T>(Vector.ConditionalSelect(halved, log + new Vector<float>((float)Ln2), log));
        }
        else
        {
            var v = Vector.As<T, double>(x);
            var halved = Vector.GreaterThan(v, new Vector<double>(HalvingPoint));
            var f = Vector.ConditionalSelect(halved, (v - Vector<double>.One) * 0.5, v);
            var log = TwiceArtanh(f / (f + new Vector<double>(2)));
            return Vector.As<double, T>(Vector.ConditionalSelect(halved, log + new Vector<double>(Ln2), log));
        }
    }

    /// <summary>ln(1 + x): what 1 + x lost to rounding is divided out again (Kahan).</summary>
    public static Vector<T> Log1p<T>(Vector<T> x)
        where T : unmanaged, INumberBase<T>
    {
        var u = x + Vector<T>.One;
        var exact = Vector.Equals(u, Vector<T>.One) | Vector.Equals(u, Infinity<T>());
        return Vector.ConditionalSelect(exact, x, Log(u) * (x / (u - Vector<T>.One)));
    }

    /// <summary>e^x − 1: the rounding of e^x is divided out through its logarithm (Kahan).</summary>
    public static Vector<T> Expm1<T>(Vector<T> x)
        where T : unmanaged, INumberBase<T>
    {
        var u = Exp(x);
        var less = u - Vector<T>.One;
        var saturated = Vector.Equals(less, -Vector<T>.One) | Vector.Equals(u, Infinity<T>());
        var corrected = Vector.ConditionalSelect(saturated, less, less * (x / Log(u)));
        return Vector.ConditionalSelect(Vector.Equals(u, Vector<T>.One), x, corrected);
    }

    /// <summary>ln(1 − e^x), x ≤ 0: near 0 through expm1, far from it through log1p (Mächler 2012).</summary>
    public static Vector<T> Log1mExp<T>(Vector<T> x)
        where T : unmanaged, INumberBase<T> =>
        Vector.ConditionalSelect(
            Vector.GreaterThan(x, new Vector<T>(T.CreateTruncating(-Ln2))),
            Log(-Expm1(x)),
            Log1p(-Exp(x)));

    /// <summary>e^x · b, where e^x alone may overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> ExpTimes<T>(Vector<T> x, Vector<T> b)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            return Vector.As<float, T>(ExpTimes(Vector.As<T, float>(x), Vector.As<T, float>(b)));
        }

        // The root on both sides of b, where e^x is infinite and x is not.
        var (v, factor) = (Vector.As<T, double>(x), Vector.As<T, double>(b));
        var infinity = new Vector<double>(double.PositiveInfinity);
        var exp = Vector.Exp(v);
        var overflowed = Vector.AsVectorDouble(Vector.Equals(exp, infinity)) & Vector.AsVectorDouble(Vector.LessThan(v, infinity));
        var root = Vector.Exp(v * 0.5);
        return Vector.As<double, T>(Vector.ConditionalSelect(Vector.AsVectorInt64(overflowed), root * factor * root, exp * factor));
    }

    /// <summary>e^x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Exp(Vector<float> x) => ExpTimes(x, Vector<float>.One);

    /// <summary>e^x · b: 2ⁿ·e^r·b with |r| ≤ ln 2 / 2, where eight terms of the series for e^r are exact to 5e-9.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> ExpTimes(Vector<float> x, Vector<float> b)
    {
        // Beyond these e^x·b is ∞ for any normal b, or 0 for any b below 1e30; NaN passes through both comparisons.
        var held = Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(177f)), new Vector<float>(177f), x);
        held = Vector.ConditionalSelect(Vector.LessThan(held, new Vector<float>(-174f)), new Vector<float>(-174f), held);

        // Adding 1.5·2²³ rounds to the nearest integer, which is then in the low bits.
        var shifted = Vector.FusedMultiplyAdd(held, new Vector<float>(1.44269504f), new Vector<float>(12582912f));
        var n = shifted - new Vector<float>(12582912f);
        var r = Vector.FusedMultiplyAdd(n, new Vector<float>(-0.693145752f), held);
        r = Vector.FusedMultiplyAdd(n, new Vector<float>(-1.42860677e-6f), r);

        var p = new Vector<float>(1f / 5040);
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 720));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 120));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 24));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1f / 6));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(0.5f));
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);

        // 2ⁿ in two factors, b between them: no part overflows or underflows unless the result does.
        var exponent = Vector.AsVectorInt32(shifted) - new Vector<int>(0x4B400000);
        var half = exponent >> 1;
        return p * PowerOfTwo(half) * b * PowerOfTwo(exponent - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> PowerOfTwo(Vector<int> n) => Vector.AsVectorSingle((n + new Vector<int>(127)) << 23);

    /// <summary>ln x: k·ln 2 + 2·artanh((m − 1)/(m + 1)) with x = 2ᵏ·m and m in [√½, √2).</summary>
    private static Vector<float> Log(Vector<float> x)
    {
        // Subnormal numbers are scaled to normal ones first.
        var tiny = Vector.LessThan(x, new Vector<float>(1.17549435e-38f));
        var scaled = Vector.ConditionalSelect(tiny, x * 8388608f, x);
        var bits = Vector.AsVectorInt32(scaled);
        var above = bits - new Vector<int>(0x3F3504F3);
        var k = Vector.ConvertToSingle(above >> 23) - Vector.ConditionalSelect(tiny, new Vector<float>(23f), Vector<float>.Zero);
        var m = Vector.AsVectorSingle((above & new Vector<int>(0x007FFFFF)) + new Vector<int>(0x3F3504F3));
        var f = m - Vector<float>.One;
        var log = TwiceArtanh(f / (f + new Vector<float>(2f)));
        log = Vector.FusedMultiplyAdd(k, new Vector<float>(0.693145752f), Vector.FusedMultiplyAdd(k, new Vector<float>(1.42860677e-6f), log));

        var special = Vector.ConditionalSelect(
            Vector.Equals(x, Vector<float>.Zero), new Vector<float>(float.NegativeInfinity), new Vector<float>(float.NaN));
        special = Vector.ConditionalSelect(Vector.Equals(x, new Vector<float>(float.PositiveInfinity)), x, special);
        var ordinary = Vector.GreaterThan(x, Vector<float>.Zero) & Vector.LessThan(x, new Vector<float>(float.PositiveInfinity));
        return Vector.ConditionalSelect(ordinary, log, special);
    }

    /// <summary>2·artanh(s) for |s| ≤ 0.2: the series 2(s + s³/3 + s⁵/5 + …), whose rest is below 1e-8 of the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> TwiceArtanh(Vector<float> s)
    {
        var square = s * s;
        var p = new Vector<float>(1f / 9);
        p = Vector.FusedMultiplyAdd(p, square, new Vector<float>(1f / 7));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<float>(1f / 5));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<float>(1f / 3));
        var twice = s + s;
        return Vector.FusedMultiplyAdd(p * square, twice, twice);
    }

    /// <summary>The same with a rest below 2e-17 of the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> TwiceArtanh(Vector<double> s)
    {
        var square = s * s;
        var p = new Vector<double>(1.0 / 21);
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 19));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 17));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 15));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 13));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 11));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 9));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 7));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 5));
        p = Vector.FusedMultiplyAdd(p, square, new Vector<double>(1.0 / 3));
        var twice = s + s;
        return Vector.FusedMultiplyAdd(p * square, twice, twice);
    }

    private static Vector<T> Infinity<T>()
        where T : unmanaged, INumberBase<T> =>
        new(T.CreateTruncating(double.PositiveInfinity));
}
