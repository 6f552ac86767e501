using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>Differences of exponentials for losses that are flat where the difference is large: no ∞ − ∞, and no 0·∞ in the gradient.</summary>
internal static class StableForms
{
    /// <summary>From here on an exponential is continued linearly: e^60 is 10^26, and finite in single precision.</summary>
    private const double Linear = 60;

    private static readonly double AtLinear = Math.Exp(Linear);

    /// <summary>e^x − 1 up to x = 60, and its tangent there beyond: growing, finite, and so is its derivative.</summary>
    /// <param name="x">The exponent.</param>
    public static Expr Growth(Expr x) => Expm1(Clamp(x, double.NegativeInfinity, Linear)) + (AtLinear * Relu(x - Linear));

    /// <summary>
    /// s (e^a − e^b), for the logit of a loss that no longer changes above 10^26. Exact where a ≤ 60 or a &lt; b, down to the −∞ that it
    /// overflows to; elsewhere, where the loss has long been flat, some number above 10^10 · s. Where a = b and the exponential overflows, it is
    /// 0 with an infinite derivative.
    /// </summary>
    /// <param name="a">The exponent of what is good.</param>
    /// <param name="b">The exponent of what is bad.</param>
    /// <param name="scale">s, a positive factor. Large exponents take it in before they overflow: s·e^b = e^(b + ln s).</param>
    public static Expr ExponentialDifference(Expr a, Expr b, Expr scale)
    {
        // A branch that is not taken sees zeros: its gradient is 0 times what it computes, which must not be infinite.
        var isGood = a > b;
        var isLarge = (1 - isGood) * (b > Linear);
        var (scaledA, scaledB) = (a + Log(scale), b + Log(scale));
        var bothOverflow = isLarge * (Exp(scaledA) >= double.PositiveInfinity);
        var isTie = bothOverflow * EqualTo(a, b);
        var isFar = bothOverflow * (1 - isTie);
        var isMedium = isLarge * (1 - bothOverflow);
        var isNear = (1 - isGood) * (1 - isLarge);
        Expr If(Expr condition, Expr x) => Where(condition, x, 0);

        var good = scale * (Growth(If(isGood, a)) - Growth(If(isGood, b)));
        var near = scale * (Expm1(If(isNear, a)) - Expm1(If(isNear, b)));
        var medium = Exp(If(isMedium, scaledA)) - Exp(If(isMedium, scaledB));
        var far = Exp(If(isFar, scaledB)) * Decay(If(isFar, a - b));
        var tie = Sqrt(Where(isTie, a - b, 1));
        return Where(isGood, good, Where(isNear, near, Where(isMedium, medium, Where(isTie, tie, far))));
    }

    /// <summary>e^x − 1 for x ≤ 0, down to x = −80 and its tangent there beyond: its derivative times ∞ is ∞, and not 0·∞.</summary>
    private static Expr Decay(Expr x) => Expm1(Clamp(x, -80, 0)) - (Math.Exp(-80) * Relu(-80 - x));
}
