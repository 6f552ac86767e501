using MathNet.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>The values that each node of a loss can have, by interval arithmetic: parameters at their values, inputs anywhere in their ranges.</summary>
internal sealed class Ranges
{
    private const double Infinity = double.PositiveInfinity;

    private readonly Dictionary<Expr, Interval> ranges = new(ReferenceEqualityComparer.Instance);

    /// <summary>Walks through the loss.</summary>
    /// <param name="graph">The loss.</param>
    /// <param name="parameters">The values of its hyper-parameters.</param>
    /// <param name="inputs">What is known of an input, by name; <see cref="OfInput"/> where null.</param>
    public Ranges(LossGraph graph, ParameterValues parameters, Func<string, Interval?> inputs)
    {
        foreach (var node in graph.Nodes)
        {
            ranges[node] = node.Operation switch
            {
                Operation.Parameter => Interval.Of(parameters[node.Name!]),
                Operation.Input => inputs(node.Name!) ?? OfInput(node.Name!),
                Operation.Less or Operation.LessOrEqual or Operation.Equal when node.Operands.Any(IsInfinite) => WithInfinity(node),
                Operation.Subtract when IsSame(node.Operands[0], node.Operands[1]) && ranges[node.Operands[0]].IsDefined => Interval.Of(0),
                _ when node.Operands.Any(o => !ranges[o].IsDefined && !IsNoBound(node, o)) => Interval.Undefined,
                _ => Of(node),
            };
        }
    }

    public Interval this[Expr node] => ranges[node];

    /// <summary>What every batch keeps to: log-probabilities are below 0, a completion has a token, a label is 0 or 1, deviations are above 0.</summary>
    public static Interval OfInput(string name) => name switch
    {
        _ when Columns.LogProbabilities.Contains(name) => new(-Infinity, 0, mayBeZero: false),
        _ when IsLength(name) => new(1, Infinity),
        _ when IsDeviation(name) => new(0, Infinity, mayBeZero: false),
        Columns.Desirable => new(0, 1),
        _ => Interval.All,
    };

    /// <summary>Whether a name, of this library or of a loss of your own, is that of a number of tokens.</summary>
    public static bool IsLength(string name) => name == Columns.Length || name.EndsWith("_length", StringComparison.Ordinal);

    /// <summary>Whether a name is that of a standard deviation.</summary>
    public static bool IsDeviation(string name) => name == "deviation" || name.EndsWith("_deviation", StringComparison.Ordinal);

    private Interval Of(Expr node)
    {
        var a = node.Operands.Length > 0 ? ranges[node.Operands[0]] : default;
        var b = node.Operands.Length > 1 ? ranges[node.Operands[1]] : default;
        var c = node.Operands.Length > 2 ? ranges[node.Operands[2]] : default;
        return node.Operation switch
        {
            Operation.Constant => Interval.Of(node.Value),
            Operation.BatchSize or Operation.ResponseCount => new(1, Infinity),
            Operation.RowIndex or Operation.ResponseIndex => new(0, Infinity),
            Operation.Named or Operation.StopGradient or Operation.Broadcast => a,

            Operation.Negate => -a,
            Operation.Abs => Interval.Abs(a),
            Operation.Sign => new(a.IsPositive ? 1 : a.IsNonNegative ? 0 : -1, a.IsNegative ? -1 : a.IsNonPositive ? 0 : 1, a.MayBeZero),
            Operation.Relu => Interval.Maximum(a, Interval.Of(0)),
            Operation.Sqrt => a.IsNonNegative ? Interval.Increasing(a, Math.Sqrt, 0, Infinity, a.MayBeZero) : Interval.Undefined,
            Operation.Exp => Interval.Increasing(a, Math.Exp, 0, Infinity, mayBeZero: false),
            Operation.Expm1 => Interval.Increasing(a, Expm1, -1, Infinity, a.MayBeZero),
            Operation.Log => a.IsPositive ? Interval.Increasing(a, Math.Log, -Infinity, Infinity) : Interval.Undefined,
            Operation.Log1p => (a + Interval.Of(1)).IsPositive ? Interval.Increasing(a, SpecialFunctions.Log1p, -Infinity, Infinity, a.MayBeZero) : Interval.Undefined,
            Operation.Log1mExp => a.IsNegative ? Interval.Decreasing(a, Log1mExp, -Infinity, 0, mayBeZero: false) : Interval.Undefined,
            Operation.Sigmoid => Interval.Increasing(a, Sigmoid, 0, 1, mayBeZero: false),
            Operation.LogSigmoid => Interval.Increasing(a, x => -Softplus(-x), -Infinity, 0, mayBeZero: false),
            Operation.Softplus => Interval.Increasing(a, Softplus, 0, Infinity, mayBeZero: false),
            Operation.Tanh => Interval.Increasing(a, Math.Tanh, -1, 1, a.MayBeZero),
            Operation.Sin => Wave(a, Math.Sin),
            Operation.Cos => Wave(a, Math.Cos),
            Operation.Atan => Interval.Increasing(a, Math.Atan, -2, 2, a.MayBeZero),
            Operation.Erf => Interval.Increasing(a, SpecialFunctions.Erf, -1, 1, a.MayBeZero),
            Operation.Erfc => Interval.Decreasing(a, SpecialFunctions.Erfc, 0, 2, mayBeZero: false),

            Operation.RoundToSingle => Math.Max(-a.Low, a.High) <= float.MaxValue
                ? Interval.Increasing(a, x => (float)x, -float.MaxValue, float.MaxValue)
                : Interval.Undefined,

            Operation.Add => a + b,
            Operation.Subtract => a - b,
            Operation.Multiply => ReferenceEquals(node.Operands[0], node.Operands[1]) ? Interval.Square(a) : a * b,
            Operation.Divide => Interval.Reciprocal(b) is { IsDefined: true } reciprocal ? a * reciprocal : Interval.Undefined,
            Operation.Power => Power(a, b),
            Operation.Minimum => Interval.Minimum(a, b),
            Operation.Maximum => Interval.Maximum(a, b),
            Operation.LogAddExp => LogAddExp(a, b),
            Operation.Less => a.High < b.Low ? Interval.Of(1) : a.Low >= b.High ? Interval.Of(0) : new(0, 1),
            Operation.LessOrEqual => a.High <= b.Low ? Interval.Of(1) : a.Low > b.High ? Interval.Of(0) : new(0, 1),
            Operation.Equal => a.Low == a.High && a == b ? Interval.Of(1) : a.High < b.Low || a.Low > b.High ? Interval.Of(0) : new(0, 1),
            Operation.Select => !a.MayBeZero ? b : a.IsZero ? c : Interval.Union(b, c),
            Operation.Clamp => Clamp(node, a, b, c),

            Operation.Sum or Operation.CumulativeSum or Operation.ReverseCumulativeSum =>
                new(a.IsNonNegative ? a.Low : -Infinity, a.IsNonPositive ? a.High : Infinity, a.MayBeZero || (a.Low < 0 && a.High > 0)),
            Operation.Product => a.IsNonNegative ? new(0, Infinity, a.MayBeZero) : Interval.All,
            Operation.Mean or Operation.Quantile => new(a.Low, a.High, a.MayBeZero || (a.Low < 0 && a.High > 0)),
            Operation.Variance or Operation.StandardDeviation =>
                node is { Axis: Axis.Responses, Value: > 0 } ? Interval.Undefined : new(0, Infinity),
            Operation.ReduceMin or Operation.ReduceMax or Operation.SortBy or Operation.UnsortBy => a,
            Operation.LogSumExp or Operation.CumulativeLogSumExp or Operation.ReverseCumulativeLogSumExp => new(a.Low, Infinity),
            _ => Interval.Undefined,
        };
    }

    /// <summary>Whether two nodes have the same value: they are one node, but for names and stopped gradients.</summary>
    public static bool IsSame(Expr a, Expr b)
    {
        return ReferenceEquals(Value(a), Value(b));

        static Expr Value(Expr x)
        {
            while (x.Operation is Operation.Named or Operation.StopGradient)
            {
                x = x.Operands[0];
            }

            return x;
        }
    }

    /// <summary>Whether an operand is the infinite bound of a clamp, which is none.</summary>
    public static bool IsNoBound(Expr clamp, Expr operand) => clamp.Operation == Operation.Clamp && IsInfinite(operand)
        && (ReferenceEquals(operand, clamp.Operands[1]) ? operand.Value < 0 : ReferenceEquals(operand, clamp.Operands[2]) && operand.Value > 0);

    private static bool IsInfinite(Expr node) => node.Operation == Operation.Constant && double.IsInfinity(node.Value);

    /// <summary>A comparison with infinity, which no exact value reaches; where evaluation overflows it does, and takes another branch.</summary>
    private Interval WithInfinity(Expr comparison)
    {
        var (a, b) = (comparison.Operands[0], comparison.Operands[1]);
        if (!comparison.Operands.All(o => IsInfinite(o) || ranges[o].IsDefined) || (IsInfinite(a) && IsInfinite(b)))
        {
            return Interval.Undefined;
        }

        var isBelow = IsInfinite(a) ? a.Value < 0 : b.Value > 0;
        return Interval.Of(isBelow && comparison.Operation != Operation.Equal ? 1 : 0);
    }

    private static Interval Clamp(Expr node, Interval a, Interval lower, Interval upper)
    {
        var raised = IsNoBound(node, node.Operands[1]) ? a : Interval.Maximum(a, lower);
        return IsNoBound(node, node.Operands[2]) ? raised : Interval.Minimum(raised, upper);
    }

    /// <summary>A wave between −1 and 1 that is nowhere steeper than 1: about its value in the middle, as far as the ends are from there.</summary>
    private static Interval Wave(Interval a, Func<double, double> function)
    {
        var middle = (a.Low + a.High) / 2;
        if (!double.IsFinite(middle) || a.High - a.Low >= 2)
        {
            return new(-1, 1);
        }

        var around = Interval.Of(function(middle)) + (Interval.Of(a.High - a.Low) * new Interval(-1, 1)) + new Interval(-1e-13, 1e-13);
        return new(Math.Max(around.Low, -1), Math.Min(around.High, 1));
    }

    private static Interval Power(Interval a, Interval b) => b switch
    {
        { Low: 0, High: 0 } => Interval.Of(1),
        _ when b.Low == b.High && double.IsEvenInteger(b.Low) && b.Low > 0 => OfNonNegative(Interval.Abs(a), b.Low),
        _ when b.Low == b.High && b.Low > 0 && a.IsNonNegative => OfNonNegative(a, b.Low),
        _ when a.IsPositive => Interval.Increasing(b * Interval.Increasing(a, Math.Log, -Infinity, Infinity), Math.Exp, 0, Infinity, mayBeZero: false),
        _ => Interval.Undefined,
    };

    private static Interval OfNonNegative(Interval a, double exponent) =>
        Interval.Increasing(a, x => Math.Pow(x, exponent), 0, Infinity, a.MayBeZero);

    private static Interval LogAddExp(Interval a, Interval b)
    {
        // Never below the larger operand, and at most ln 2 above it.
        var larger = Interval.Maximum(a, b);
        return new(larger.Low, (larger + new Interval(0, 0.6931471805599454)).High);
    }

    private static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    private static double Softplus(double x) => x < -30 ? Math.Exp(x) : Math.Max(x, 0) + SpecialFunctions.Log1p(Math.Exp(-Math.Abs(x)));

    private static double Expm1(double x) => double.IsInfinity(x) ? Math.Exp(x) - 1 : SpecialFunctions.Expm1(x);

    private static double Log1mExp(double x) => x > -0.6931471805599453 ? Math.Log(-Expm1(x)) : SpecialFunctions.Log1p(-Math.Exp(x));
}
