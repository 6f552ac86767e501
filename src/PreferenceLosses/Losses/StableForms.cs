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
    /// e^a − e^b, for the logit of a loss that no longer changes above 10^26. Exact where a ≤ 60. Beyond, where the difference is
    /// positive and the loss has long been flat, it is some number above 10^13 or so; where it is negative, e^b stands
    /// in full, down to the −∞ that it overflows to.
    /// </summary>
    /// <param name="a">The exponent of what is good.</param>
    /// <param name="b">The exponent of what is bad.</param>
    public static Expr ExponentialDifference(Expr a, Expr b)
    {
        var isGood = a > b;
        return Growth(a) - Where(isGood, Growth(b), Expm1(Where(isGood, 0, b)));
    }
}
