using MathNet.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>
/// Every elementwise operation in double precision, written from its definition and from what PyTorch gives for NaN and
/// infinities; nothing here looks at the library's own functions.
/// </summary>
internal static class ReferenceOperations
{
    private const double Ln2 = 0.6931471805599453;

    public static double Evaluate(Operation operation, double a, double b, double c) => operation switch
    {
        Operation.Negate => -a,
        Operation.Abs => a < 0 ? -a : a,
        Operation.Sign => a > 0 ? 1 : a < 0 ? -1 : 0,
        Operation.Relu => a <= 0 ? 0 : a,
        Operation.Sqrt => Math.Sqrt(a),
        Operation.Exp => Math.Exp(a),
        Operation.Expm1 => Expm1(a),
        Operation.Log => Math.Log(a),
        Operation.Log1p => Log1p(a),
        Operation.Log1mExp => Log1mExp(a),
        Operation.Sigmoid => Sigmoid(a),
        Operation.LogSigmoid => -Softplus(-a),
        Operation.Softplus => Softplus(a),
        Operation.Tanh => Math.Tanh(a),
        Operation.Sin => Math.Sin(a),
        Operation.Cos => Math.Cos(a),
        Operation.Atan => Math.Atan(a),
        Operation.Erf => SpecialFunctions.Erf(a),
        Operation.RoundToSingle => (double)(float)a,
        Operation.Erfc => SpecialFunctions.Erfc(a),
        Operation.Add => a + b,
        Operation.Subtract => a - b,
        Operation.Multiply => a * b,
        Operation.Divide => a / b,
        Operation.Power => b == 2 ? a * a : Math.Pow(a, b),
        Operation.Minimum => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : a < b ? a : b,
        Operation.Maximum => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : a > b ? a : b,
        Operation.LogAddExp => LogAddExp(a, b),
        Operation.Less => a < b ? 1 : 0,
        Operation.LessOrEqual => a <= b ? 1 : 0,
        Operation.Equal => a == b ? 1 : 0,
        Operation.Select => a == 0 ? c : b,
        Operation.Clamp => Clamp(a, b, c),
        Operation.ExpMinusAbs => Math.Exp(a < 0 ? a : -a),
        Operation.SigmoidFromExp => a < 0 ? b * c : c,
        Operation.Log1pOfUnit => Log1p(a),
        Operation.ExpTimes => ExpTimes(a, b),

        // Which of two neighbouring integers is taken out of x/ln 2 where both are as near is open: what counts is what comes of it.
        Operation.ExpOfRest => 1,
        Operation.ExpTimesOfRest => ExpTimes(a, c),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "The reference does not know this elementwise operation."),
    };

    /// <summary>PyTorch's <c>clamp</c>: of bounds that cross the upper one wins; NaN anywhere is NaN.</summary>
    private static double Clamp(double x, double lower, double upper)
    {
        if (double.IsNaN(x) || double.IsNaN(lower) || double.IsNaN(upper))
        {
            return double.NaN;
        }

        var held = x < lower ? lower : x;
        return held > upper ? upper : held;
    }

    /// <summary>1 / (1 + e^(−x)), with the exponential that can't overflow.</summary>
    private static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    private static double Softplus(double x) => x > 0 ? x + Log1p(Math.Exp(-x)) : Log1p(Math.Exp(x));

    private static double LogAddExp(double a, double b)
    {
        if (double.IsNaN(a) || double.IsNaN(b))
        {
            return double.NaN;
        }

        var (high, low) = a > b ? (a, b) : (b, a);
        return double.IsInfinity(high) ? high : high + Log1p(Math.Exp(low - high));
    }

    /// <summary>e^x · b as a product of three where e^x alone leaves the range; for infinities the limit.</summary>
    private static double ExpTimes(double x, double b)
    {
        if (double.IsNaN(x) || double.IsNaN(b) || b == 0 || double.IsInfinity(b))
        {
            return double.IsNaN(x) ? x : b;
        }

        return Math.Abs(x) < 700 ? Math.Exp(x) * b
            : Math.Abs(x) < 1400 ? Math.Exp(x / 2) * b * Math.Exp(x / 2)
            : x > 0 ? b / 0
            : 0;
    }

    /// <summary>ln(1 + x): the series x − x²/2 + x³/3 − … where 1 + x would lose digits.</summary>
    public static double Log1p(double x)
    {
        if (!(Math.Abs(x) < 0.5))
        {
            // 1 + x is exact for x in [−1, −½], and its rounding is harmless above ½.
            return Math.Log(1 + x);
        }

        double sum = 0, power = 1;
        for (var n = 1; n <= 60; n++)
        {
            power *= -x;
            sum -= power / n;
        }

        return sum;
    }

    /// <summary>e^x − 1: the series x + x²/2 + x³/6 + … where the difference would lose digits.</summary>
    public static double Expm1(double x)
    {
        if (!(Math.Abs(x) < 0.5))
        {
            return Math.Exp(x) - 1;
        }

        double sum = 0, term = 1;
        for (var n = 1; n <= 20; n++)
        {
            term *= x / n;
            sum += term;
        }

        return sum;
    }

    /// <summary>ln(1 − e^x), x ≤ 0.</summary>
    public static double Log1mExp(double x) => x > -Ln2 ? Math.Log(-Expm1(x)) : Log1p(-Math.Exp(x));
}
