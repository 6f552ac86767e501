namespace PreferenceLosses.Expressions;

/// <summary>erf and erfc in double precision (the base library has neither).</summary>
internal static class ErrorFunction
{
    private const double TwoOverSqrtPi = 1.12837916709551257390;

    /// <summary>Where the series hands over to the continued fraction.</summary>
    private const double Crossover = 2;

    public static double Erf(double x) => Math.Abs(x) < Crossover ? Series(x) : Math.CopySign(1 - Tail(Math.Abs(x)), x);

    public static double Erfc(double x) => x switch
    {
        >= Crossover => Tail(x),
        <= -Crossover => 2 - Tail(-x),
        < 0.5 => 1 - Series(x),
        // Between the two, 1 − erf would lose digits, and the continued fraction still converges.
        < Crossover => Tail(x),
        _ => x,
    };

    /// <summary>erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels.</summary>
    private static double Series(double x)
    {
        var term = x;
        var sum = x;
        for (var n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return TwoOverSqrtPi * ExpMinusSquare(x) * sum;
    }

    /// <summary>
    /// erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))), evaluated from a fixed depth upwards.
    /// The depth is what x = ½ needs; for larger x the terms beyond its own need change nothing.
    /// </summary>
    private static double Tail(double x)
    {
        var depth = x < 1 ? 800 : x < Crossover ? 200 : 60;
        var fraction = x;
        for (var k = depth; k >= 1; k--)
        {
            fraction = x + (k / (2.0 * fraction));
        }

        return TwoOverSqrtPi / 2 * ExpMinusSquare(x) / fraction;
    }

    /// <summary>e^(−x²) with x² carried in two parts: its rounding error would be multiplied by x² otherwise.</summary>
    private static double ExpMinusSquare(double x)
    {
        var square = x * x;
        var rest = Math.FusedMultiplyAdd(x, x, -square);
        return double.IsPositiveInfinity(square) ? 0 : Math.Exp(-square) * (1 - rest);
    }
}
