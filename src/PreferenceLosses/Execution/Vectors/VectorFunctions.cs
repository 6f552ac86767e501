using System.Numerics;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Execution.Vectors;

/// <summary>
/// Exponential and logarithm on vectors, and the stable functions built from them. They are our own: the base library's widen
/// single precision to double, and in double precision its e^x gives an element other digits if one beside it is out of range,
/// so that a row's result would depend on its neighbours. Errors are measured by the tests: at most 1 ulp for e^x, 2 ulp for
/// e^x − 1 and logarithms, and 3 ulp for what is made of two of them.
/// </summary>
internal static unsafe class VectorFunctions<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const double Ln2 = 0.693147180559945309417;

    /// <summary>What ln 2 is more than its double, and than its single.</summary>
    private const double Ln2Rest = 2.31904681384629956e-17;

    /// <summary>ln 2 in two parts; the first has so few digits that its product with an exponent is exact.</summary>
    private static double Ln2High
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => FloatFormat<T>.IsSingle ? 0.693145752f : 6.93147180369123816490e-01;
    }
    private static double Ln2Low
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => FloatFormat<T>.IsSingle ? 1.42860677e-6f : 1.90821492927058770002e-10;
    }

    private static L One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.Create(1);
    }

    private static L Infinity
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.Create(double.PositiveInfinity);
    }

    /// <summary>e^x = 2ⁿ·e^r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Exp(L x)
    {
        Reduce(x, out var n, out var r, out var p);
        return L.Scale(L.FusedMultiplyAdd(L.FusedMultiplyAdd(p, r, One), r, One), n);
    }

    /// <summary>e^x · b, where e^x alone may overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L ExpTimes(L x, L b)
    {
        Reduce(x, out var n, out var r, out var p);
        return L.ScaleTimes(L.FusedMultiplyAdd(L.FusedMultiplyAdd(p, r, One), r, One), n, b);
    }

    /// <summary>e^r of x = n·ln 2 + r: the larger part of the work of an exponential.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L ExpOfRest(L x)
    {
        Reduce(x, out _, out var r, out var p);
        return L.FusedMultiplyAdd(L.FusedMultiplyAdd(p, r, One), r, One);
    }

    /// <summary>As <see cref="ExpTimes"/> in every bit, from <see cref="ExpOfRest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L ExpTimesOfRest(L x, L rest, L b)
    {
        SplitOff(x, out var n, out _);
        return L.ScaleTimes(rest, n, b);
    }

    /// <summary>e^x − 1, accurate near 0: 2ⁿ·(e^r − 1) + 2ⁿ − 1, which for n = 0 is e^r − 1 itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Expm1(L x)
    {
        Reduce(x, out var n, out var r, out var p);
        PowersOfTwo(n, out var low, out var high);
        return L.FusedMultiplyAdd(L.FusedMultiplyAdd(p * r, r, r), low, low - (One / high)) * high;
    }

    /// <summary>ln x = k·ln 2 + ln m with x = 2ᵏ·m and m in [√½, √2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Log(L x)
    {
        // Subnormal numbers are scaled to normal ones first.
        var tiny = L.Less(x, L.Create(FloatFormat<T>.SmallestNormal));
        var scaled = L.Select(tiny, x * L.Create(FloatFormat<T>.IntegersFrom), x);
        var rootOfHalf = FloatFormat<T>.IsSingle ? 0x3F3504F3 : 0x3FE6A09E667F3BCD;
        var above = L.AddBits(scaled, -rootOfHalf);

        // The exponent as a number: its bits, moved to be positive, in the low bits of 2²³ + … or 2⁵² + ….
        long offset = 2 * (FloatFormat<T>.Bias + 1);
        var exponent = L.AddBits(L.ShiftBitsRight(L.AddBits(above, offset << FloatFormat<T>.MantissaBits), FloatFormat<T>.MantissaBits), L.Create(FloatFormat<T>.IntegersFrom));
        var k = exponent - L.Create(FloatFormat<T>.IntegersFrom + offset) - (tiny & L.Create(FloatFormat<T>.MantissaBits));
        var m = L.AddBits(above & L.CreateBits((1L << FloatFormat<T>.MantissaBits) - 1), rootOfHalf);
        var log = LogOf1Plus(m - One);
        log = L.FusedMultiplyAdd(k, L.Create(Ln2High), L.FusedMultiplyAdd(k, L.Create(Ln2Low), log));
        return WithSpecialValues(x, log);
    }

    /// <summary>ln(1 + x) for x in [0, 1]. No digit is lost near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Log1pOfUnit(L x) => FloatFormat<T>.IsSingle ? x * SlopeOfLogarithmOfSingle(x) : Log1pOfUnitOfDouble(x);

    /// <summary>ln(1 + x): the logarithm of the rounded 1 + x, and what rounding it lost, divided by it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Log1p(L x)
    {
        var u = x + One;
        var part = u - x;
        var lost = (x - (u - part)) + (One - part);
        var log = Log(u);
        var isExact = L.Equal(lost, default) | L.Equal(u, Infinity);
        return L.Select(isExact, log, log + (lost / u));
    }

    /// <summary>ln(1 − e^x), x ≤ 0: near 0 through expm1, far from it through log1p (Mächler 2012).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Log1mExp(L x) => L.Select(L.Less(L.Create(-Ln2), x), Log(-Expm1(x)), Log1p(-Exp(x)));

    /// <summary>tanh x = −t/(2 + t) with t = e^(−2|x|) − 1: unlike the base library's, it keeps its digits near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Tanh(L x)
    {
        var magnitude = L.Abs(x);
        var t = Expm1(-(magnitude + magnitude));
        var tanh = -t / (t + L.Create(2));
        return L.Select(L.Less(x, default), -tanh, tanh);
    }

    /// <summary>Whether none of the values is NaN or an infinity: only those are not 0 when they are subtracted from themselves.</summary>
    public static bool AreFinite(T* values, int count)
    {
        // ∞ − ∞ and NaN − NaN are NaN, and so is what they are added to.
        var (first, second, third, fourth) = (default(L), default(L), default(L), default(L));
        var i = 0;
        for (; i <= count - (4 * L.Count); i += 4 * L.Count)
        {
            var (a, b, c, d) = (L.Load(values + i), L.Load(values + i + L.Count), L.Load(values + i + (2 * L.Count)), L.Load(values + i + (3 * L.Count)));
            first += a - a;
            second += b - b;
            third += c - c;
            fourth += d - d;
        }

        var areFinite = L.AreZero((first + second) + (third + fourth));
        for (; i < count; i++)
        {
            areFinite &= T.IsFinite(values[i]);
        }

        return areFinite;
    }

    /// <summary>e^x = 2ⁿ·e^r with |r| ≤ ln 2 / 2 and e^r = 1 + r + p·r².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce(L x, out L n, out L r, out L p)
    {
        SplitOff(x, out n, out var held);
        r = L.FusedMultiplyAdd(n, L.Create(FloatFormat<T>.IsSingle ? -Ln2High : -Ln2), held);
        r = L.FusedMultiplyAdd(n, L.Create(FloatFormat<T>.IsSingle ? -Ln2Low : -Ln2Rest), r);
        p = FloatFormat<T>.IsSingle ? ExponentialSeriesOfSingle(r) : ExponentialSeriesOfDouble(r);
    }

    /// <summary>The integer next to x / ln 2, and x held where 2ⁿ has two factors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SplitOff(L x, out L n, out L held)
    {
        // Beyond these e^x·b is ∞ for any normal b, or 0 for any b below 1e30.
        held = L.HoldAbove(L.Create(FloatFormat<T>.IsSingle ? -174 : -1416), L.HoldBelow(L.Create(FloatFormat<T>.IsSingle ? 176.4 : 1418.5), x));

        // Adding 1.5·2²³ or 1.5·2⁵² rounds to the nearest integer.
        var rounder = L.Create(1.5 * FloatFormat<T>.IntegersFrom);
        n = L.FusedMultiplyAdd(held, L.Create(1 / Ln2), rounder) - rounder;
    }

    /// <summary>2ⁿ in two factors, which are finite and not 0 for every n that <see cref="Reduce"/> gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PowersOfTwo(L n, out L low, out L high)
    {
        // The integer is in the low bits of 1.5·2²³ + n; halved as a positive number, because not every machine shifts signed ones.
        var rounder = L.Create(1.5 * FloatFormat<T>.IntegersFrom);
        var exponent = L.SubtractBits(n + rounder, rounder);
        var half = L.AddBits(L.ShiftBitsRight(L.AddBits(exponent, 4096), 1), -2048);
        low = PowerOfTwo(half);
        high = PowerOfTwo(L.SubtractBits(exponent, half));
    }

    /// <summary>½ + r/6 + … + r⁵/7!: with them e^r is exact to 5e-9.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L ExponentialSeriesOfSingle(L r)
    {
        var p = L.Create(1.0 / 5040);
        p = L.FusedMultiplyAdd(p, r, L.Create(1.0 / 720));
        p = L.FusedMultiplyAdd(p, r, L.Create(1.0 / 120));
        p = L.FusedMultiplyAdd(p, r, L.Create(1.0 / 24));
        p = L.FusedMultiplyAdd(p, r, L.Create(1.0 / 6));
        return L.FusedMultiplyAdd(p, r, L.Create(0.5));
    }

    /// <summary>½ + r/6 + … + r¹¹/13!, exact to 2e-18, in groups of four terms: a chain of twelve would wait for each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L ExponentialSeriesOfDouble(L r)
    {
        var square = r * r;
        var fourth = square * square;
        var first = Four(r, square, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120);
        var second = Four(r, square, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880);
        var third = Four(r, square, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800);
        return L.FusedMultiplyAdd(L.FusedMultiplyAdd(third, fourth, second), fourth, first);
    }

    /// <summary>a + b·x + c·x² + d·x³.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Four(L x, L square, double a, double b, double c, double d) =>
        L.FusedMultiplyAdd(L.FusedMultiplyAdd(L.Create(d), x, L.Create(c)), square, L.FusedMultiplyAdd(L.Create(b), x, L.Create(a)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L PowerOfTwo(L n) => L.ShiftBitsLeft(L.AddBits(n, FloatFormat<T>.Bias), FloatFormat<T>.MantissaBits);

    /// <summary>The logarithm of positive finite numbers; −∞ of 0, ∞ of ∞, and NaN of the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L WithSpecialValues(L x, L log)
    {
        var special = L.Select(L.Equal(x, default), -Infinity, L.Create(double.NaN));
        special = L.Select(L.Equal(x, Infinity), x, special);
        var isOrdinary = L.Less(default, x) & L.Less(x, Infinity);
        return L.Select(isOrdinary, log, special);
    }

    /// <summary>
    /// ln(1 + f) for f in [−0.3, 0.5] = 2·artanh(s) with s = f/(2 + f), whose series 2(s + s³/3 + …) is written as
    /// f − (f²/2 − s(f²/2 + R)): all that is rounded is small beside f.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L LogOf1Plus(L f)
    {
        var s = f / (f + L.Create(2));
        var square = s * s;
        var p = FloatFormat<T>.IsSingle ? LogarithmSeriesOfSingle(square) : LogarithmSeriesOfDouble(square);
        var half = L.Create(0.5) * f * f;
        return f - L.FusedMultiplyAdd(-s, L.FusedMultiplyAdd(p, square, half), half);
    }

    /// <summary>
    /// ln(1 + x)/x on [0, 1] by powers of x − ½, of which the highest are small: the polynomial of degree 9 with the smallest largest
    /// relative error (Remez), 5e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L SlopeOfLogarithmOfSingle(L x)
    {
        var t = x - L.Create(0.5);
        var p = L.Create(-0.0032440119125188237);
        p = L.FusedMultiplyAdd(p, t, L.Create(0.005253346888061951));
        p = L.FusedMultiplyAdd(p, t, L.Create(-0.006749918488664708));
        p = L.FusedMultiplyAdd(p, t, L.Create(0.01157615215730576));
        p = L.FusedMultiplyAdd(p, t, L.Create(-0.020570294565883343));
        p = L.FusedMultiplyAdd(p, t, L.Create(0.03663547260275055));
        p = L.FusedMultiplyAdd(p, t, L.Create(-0.06768769877270468));
        p = L.FusedMultiplyAdd(p, t, L.Create(0.13260900393690983));
        p = L.FusedMultiplyAdd(p, t, L.Create(-0.2885271104924904));
        return L.FusedMultiplyAdd(p, t, L.Create(0.8109302200046963));
    }

    /// <summary>The series, above ½ that of (1 + x)/2 with ln 2 added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Log1pOfUnitOfDouble(L x)
    {
        var halved = L.Less(L.Create(0.5), x);
        var log = LogOf1Plus(L.Select(halved, (x - One) * L.Create(0.5), x));
        return L.Select(halved, log + L.Create(Ln2), log);
    }

    /// <summary>⅔ + ⅖·s² + … + 2/11·s⁸: the rest is below 1e-9 of the logarithm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L LogarithmSeriesOfSingle(L square)
    {
        var p = L.Create(2.0 / 11);
        p = L.FusedMultiplyAdd(p, square, L.Create(2.0 / 9));
        p = L.FusedMultiplyAdd(p, square, L.Create(2.0 / 7));
        p = L.FusedMultiplyAdd(p, square, L.Create(2.0 / 5));
        return L.FusedMultiplyAdd(p, square, L.Create(2.0 / 3));
    }

    /// <summary>⅔ + ⅖·s² + … + 2/21·s¹⁸: the rest is below 2e-17 of the logarithm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L LogarithmSeriesOfDouble(L square)
    {
        var fourth = square * square;
        var eighth = fourth * fourth;
        var first = Four(square, fourth, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9);
        var second = Four(square, fourth, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17);
        var third = L.FusedMultiplyAdd(L.Create(2.0 / 21), square, L.Create(2.0 / 19));
        return L.FusedMultiplyAdd(L.FusedMultiplyAdd(third, eighth, second), eighth, first);
    }
}
