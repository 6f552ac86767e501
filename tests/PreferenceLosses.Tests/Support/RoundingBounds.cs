using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>What an elementwise operation may be off by its own rounding, on operands without error.</summary>
internal static class RoundingBounds
{
    public static double Of(
        Operation operation, (double Value, double Error) a, (double Value, double Error) b, double result, Precision precision) => operation switch
    {
        _ when !double.IsFinite(result) => 0,

        // These choose among their operands, or change a sign: nothing is rounded.
        Operation.Negate or Operation.Abs or Operation.Sign or Operation.Relu or Operation.Minimum or Operation.Maximum
            or Operation.Less or Operation.LessOrEqual or Operation.Equal or Operation.Select or Operation.Clamp => 0,

        // Nothing in single precision; in double, an operand with an error may round to the other side.
        Operation.RoundToSingle => a.Error == 0 && precision.Rounded(a.Value) == a.Value ? 0 : Relative(2, result, Precision.Single),

        // Correctly rounded. Sums have no error among the subnormal numbers, and differences of near numbers none at all.
        Operation.Add => SumIsExact(a, b, result, precision) ? 0 : precision.Roundoff * Math.Abs(result),
        Operation.Subtract => SumIsExact(a, (-b.Value, b.Error), result, precision) ? 0 : precision.Roundoff * Math.Abs(result),
        // A row divided by a scalar is multiplied by the scalar's reciprocal, which is rounded too.
        Operation.Divide => a is (0, 0) ? 0 : Relative(2, result, precision) + precision.Smallest,
        Operation.Multiply or Operation.Sqrt => a is (0, 0) || (operation == Operation.Multiply && b is (0, 0))
            ? 0
            : (precision.Roundoff * Math.Abs(result)) + precision.Smallest,

        // 1 ulp is at most 2 roundoffs. The library claims 1 ulp for e^x and 2 for logarithms; as much again for the reference.
        Operation.Exp or Operation.ExpMinusAbs => Relative(4, result, precision),
        Operation.Log or Operation.Log1p or Operation.Expm1 or Operation.Log1mExp or Operation.Log1pOfUnit => Relative(8, result, precision),

        Operation.ExpTimes or Operation.ExpOfRest or Operation.ExpTimesOfRest => Relative(8, result, precision),

        // Made of two or three of those, all of one sign.
        Operation.Sigmoid or Operation.SigmoidFromExp or Operation.Softplus or Operation.LogSigmoid => Relative(12, result, precision),

        // max + ln(1 + e^−|a−b|): these two may cancel, so the bound is of what was added (and at most ln 2 from the result).
        Operation.LogAddExp => 12 * precision.Roundoff * (Math.Abs(result) + 1),

        // MathNet's takes the exponential of the rounded −x²; the library's own digits are checked against literals.
        Operation.Erfc => Relative(8 + (2 * Math.Min(a.Value * a.Value, 800)), result, precision),

        // The base library's, and in single precision the base library's vector versions: 4 ulp, and as much for the reference.
        _ => Relative(8, result, precision),
    };

    private static double Relative(double roundoffs, double result, Precision precision) =>
        (roundoffs * precision.Roundoff * Math.Abs(result)) + (roundoffs / 4 * precision.Smallest);

    /// <summary>Whether operands and sum are numbers of the precision, so that nothing was rounded (Knuth's two-sum says so).</summary>
    private static bool SumIsExact((double Value, double Error) a, (double Value, double Error) b, double sum, Precision precision)
    {
        var part = sum - a.Value;
        return a.Error == 0 && b.Error == 0 && (a.Value - (sum - part)) + (b.Value - part) == 0 && precision.Rounded(sum) == sum;
    }
}
