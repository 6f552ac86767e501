namespace PreferenceLosses.Expressions;

/// <summary>
/// Every elementwise operation on double-precision scalars: for constant folding, and for what a program computes once
/// per batch. Each stable form states the identity it uses.
/// </summary>
internal static class ScalarFunctions
{
    /// <summary>The value of an elementwise operation; operands it does not have are ignored.</summary>
    public static double Evaluate(Operation operation, double a, double b = 0, double c = 0) => operation switch
    {
        Operation.Negate => -a,
        Operation.Abs => Math.Abs(a),
        Operation.Sign => a > 0 ? 1 : a < 0 ? -1 : 0,
        Operation.Relu => a > 0 || double.IsNaN(a) ? a : 0,
        Operation.Sqrt => Math.Sqrt(a),
        Operation.Exp => Math.Exp(a),
        Operation.Expm1 => Expm1(a),
        Operation.Log => Math.Log(a),
        Operation.Log1p => Log1p(a),
        Operation.Log1mExp => Log1mExp(a),
        Operation.Sigmoid => Sigmoid(a, Math.Exp(-Math.Abs(a))),
        Operation.LogSigmoid => -Softplus(-a),
        Operation.Softplus => Softplus(a),
        Operation.Tanh => Math.Tanh(a),
        Operation.Sin => Math.Sin(a),
        Operation.Cos => Math.Cos(a),
        Operation.Atan => Math.Atan(a),
        Operation.Erf => ErrorFunction.Erf(a),
        Operation.Erfc => ErrorFunction.Erfc(a),
        Operation.RoundToSingle => (float)a,
        Operation.Add => a + b,
        Operation.Subtract => a - b,
        Operation.Multiply => a * b,
        Operation.Divide => a / b,
        Operation.Power => Math.Pow(a, b),
        Operation.Minimum => Math.Min(a, b),
        Operation.Maximum => Math.Max(a, b),
        Operation.LogAddExp => LogAddExp(a, b),
        Operation.Less => a < b ? 1 : 0,
        Operation.LessOrEqual => a <= b ? 1 : 0,
        Operation.Equal => a == b ? 1 : 0,
        Operation.Select => a != 0 ? b : c,
        Operation.Clamp => double.IsNaN(a) ? a : Math.Min(Math.Max(a, b), c),
        Operation.ExpMinusAbs => Math.Exp(-Math.Abs(a)),
        Operation.SigmoidFromExp => a < 0 ? b * c : c,
        Operation.Log1pOfUnit => Log1p(a),
        Operation.ExpTimes => ExpTimes(a, b),
        Operation.ExpOfRest => Math.Exp(a - (Math.Round(a / Ln2) * Ln2)),
        Operation.ExpTimesOfRest => ExpTimes(a, c),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an elementwise operation."),
    };

    /// <summary>ln(1 + x) = ln u + (1 + x − u)/u to first order, u being 1 + x rounded: what rounding lost is added again.</summary>
    public static double Log1p(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : u == 0 || double.IsPositiveInfinity(u) ? Math.Log(u) : Math.Log(u) + ((x - (u - 1)) / u);
    }

    /// <summary>e^x − 1: the rounding of e^x is divided out through its logarithm (Kahan).</summary>
    public static double Expm1(double x)
    {
        var u = Math.Exp(x);
        var less = u - 1;
        return u == 1 ? x : less == -1 || double.IsPositiveInfinity(u) ? less : less * (x / Math.Log(u));
    }

    /// <summary>ln(1 − e^x), x ≤ 0: near 0 through expm1, far from it through log1p (Mächler 2012).</summary>
    public static double Log1mExp(double x) => x > -Ln2 ? Math.Log(-Expm1(x)) : Log1p(-Math.Exp(x));

    /// <summary>ln(1 + e^x) = max(x, 0) + ln(1 + e^(−|x|)): the exponential never overflows.</summary>
    public static double Softplus(double x) => Math.Max(x, 0) + Log1p(Math.Exp(-Math.Abs(x)));

    /// <summary>ln(e^a + e^b) = max + ln(1 + e^(−|a−b|)); equal operands apart, because ∞ − ∞ is NaN.</summary>
    public static double LogAddExp(double a, double b) =>
        a == b ? a + Ln2 : Math.Max(a, b) + Log1p(Math.Exp(-Math.Abs(a - b)));

    /// <summary>e^x · b; where e^x alone overflows or underflows, from its root (held finite, and not 0) on both sides of b.</summary>
    public static double ExpTimes(double x, double b)
    {
        var root = Math.Exp(Math.Clamp(x, -1416, 1418.5) / 2);
        return Math.Abs(x) < 700 ? Math.Exp(x) * b : root * b * root;
    }

    private const double Ln2 = 0.693147180559945309417;

    private static double Sigmoid(double x, double expMinusAbs) => (x < 0 ? expMinusAbs : 1) / (1 + expMinusAbs);
}
