using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>One line of values (the rows of a batch, or the valid responses of a row): its reductions, sorts and scans, by their definitions.</summary>
/// <param name="X">The values.</param>
/// <param name="Errors">Bounds of their errors.</param>
/// <param name="Axis">Whether it is the rows or the responses.</param>
/// <param name="Precision">The precision compared with.</param>
internal sealed record ReferenceLine(double[] X, double[] Errors, Axis Axis, Precision Precision)
{
    /// <summary>
    /// What a sum may be off per unit of its absolute terms. Over the batch, single precision is added up in double, and double
    /// with the errors carried along; the few responses of a row are added up as they are.
    /// </summary>
    private double SumRoundoff => Axis == Axis.Responses
        ? Precision.Roundoff * X.Length
        : Math.Min(Precision.Roundoff, Precision.Double.Roundoff) * (Precision == Precision.Single ? X.Length : 4);

    private bool IsConstant => X.All(v => v == X[0]) && Errors.All(e => e == 0);

    public (double Value, double Error) Reduce(Operation operation, double parameter) => operation switch
    {
        Operation.Sum => Sum(),
        Operation.Mean => Mean(),
        Operation.Product => Product(),
        Operation.Variance => Variance(parameter),
        Operation.StandardDeviation => SquareRoot(Variance(parameter)),
        Operation.ReduceMin => (X.Any(double.IsNaN) ? double.NaN : X.Min(), Errors.Max()),
        Operation.ReduceMax => (X.Any(double.IsNaN) ? double.NaN : X.Max(), Errors.Max()),
        Operation.LogSumExp => LogSumExp(),
        Operation.Quantile => Quantile(parameter),
        _ => throw new InvalidOperationException($"The reference does not know the reduction {operation}."),
    };

    public (double Value, double Error)[] Scan(Operation operation) => operation switch
    {
        Operation.CumulativeSum => [.. Prefixes().Select(p => p.Rounded(p.Sum()))],
        Operation.CumulativeLogSumExp => [.. Prefixes().Select(p => p.Rounded(p.LogSumExp()))],
        Operation.ReverseCumulativeSum => [.. Reversed().Scan(Operation.CumulativeSum).Reverse()],
        Operation.ReverseCumulativeLogSumExp => [.. Reversed().Scan(Operation.CumulativeLogSumExp).Reverse()],
        _ => throw new InvalidOperationException($"The reference does not know the scan {operation}."),
    };

    /// <summary>The values in the key's order, or back from it.</summary>
    public (double Value, double Error)[] Permuted(Operation operation, ReferenceLine key)
    {
        var order = key.Order();
        var isOpen = key.HasOpenOrder(order);
        var result = new (double, double)[X.Length];
        for (var i = 0; i < X.Length; i++)
        {
            var (to, from) = operation == Operation.SortBy ? (i, order[i]) : (order[i], i);

            // Sorted by itself, an order statistic moves by no more than the values do, whoever takes its place.
            var error = !isOpen ? Errors[from]
                : operation == Operation.SortBy && ReferenceEquals(key.X, X) ? Errors.Max()
                : double.PositiveInfinity;
            result[to] = (X[from], error);
        }

        return result;
    }

    /// <summary>Positions in ascending order, equal values as they come, NaN last.</summary>
    private int[] Order() => [.. Enumerable.Range(0, X.Length).OrderBy(i => double.IsNaN(X[i])).ThenBy(i => X[i] == 0 ? 0 : X[i])];

    private bool HasOpenOrder(int[] order) => order.Zip(order.Skip(1)).Any(pair =>
        Errors[pair.First] + Errors[pair.Second] is > 0 and var gap && !(X[pair.Second] - X[pair.First] > gap));

    private (double Value, double Error) Sum()
    {
        var underflow = Axis == Axis.Responses ? X.Length * Precision.Smallest : 0;
        return Bounded(PlainSum(X), Errors.Sum(), (SumRoundoff * X.Sum(Math.Abs)) + underflow);
    }

    private (double Value, double Error) Mean()
    {
        var (sum, error) = Sum();

        // The mean of equal numbers is that number.
        var mean = IsConstant ? X[0] : sum / X.Length;
        return Bounded(mean, error / X.Length, (SumRoundoff * Math.Abs(mean)) + Precision.Smallest);
    }

    private (double Value, double Error) Product()
    {
        // Each multiplication rounds once (in double precision, so nothing else leaves the range), an error of a factor moves the
        // product by as much of itself, and what is lost to underflow on the way is multiplied by the factors that follow.
        var value = X.Aggregate(1.0, (product, factor) => product * factor);
        var change = X.Select((_, i) => Errors[i] * Math.Abs(X.Where((_, j) => j != i).Aggregate(1.0, (product, factor) => product * factor))).Sum();
        var underflow = X.Aggregate(0.0, (lost, factor) => (lost * Math.Abs(factor)) + double.Epsilon) + Precision.Smallest;
        var rounding = (2 * X.Length * Precision.Double.Roundoff) + Precision.Roundoff;
        return Bounded(value, 2 * change, (rounding * Math.Abs(value)) + (2 * underflow));
    }

    private (double Value, double Error) Variance(double correction)
    {
        var (mean, meanError) = Mean();
        var degrees = X.Length - correction;
        var value = PlainSum([.. X.Select(v => (v - mean) * (v - mean))]) / degrees;

        // The mean is rounded before it is subtracted; differences, squares and the sum are rounded too.
        var shift = IsConstant ? 0 : meanError + (Precision.Roundoff * Math.Abs(mean));
        var change = X.Zip(Errors, (v, e) => (e + shift) * ((2 * Math.Abs(v - mean)) + e + shift)).Sum() / degrees;
        var underflow = IsConstant ? 0 : X.Length / degrees * Precision.Smallest;
        return Bounded(value, change, (((4 * Precision.Roundoff) + SumRoundoff) * value) + underflow);
    }

    private (double Value, double Error) SquareRoot((double Value, double Error) x)
    {
        var root = Math.Sqrt(x.Value);
        var change = x.Error == 0 ? 0 : Math.Max(Math.Sqrt(x.Value + x.Error) - root, root - Math.Sqrt(Math.Max(x.Value - x.Error, 0)));
        return Bounded(root, change, Precision.Roundoff * root);
    }

    private (double Value, double Error) LogSumExp()
    {
        if (X.Any(double.IsNaN))
        {
            return (double.NaN, 0);
        }

        var largest = X.Max();
        var value = double.IsInfinity(largest) ? largest : largest + Math.Log(X.Sum(v => Math.Exp(v - largest)));

        // Its derivative with respect to the values sums to 1. Each exponential and each difference is rounded, and each partial
        // result of a scan.
        var rounding = (Precision.Roundoff * ((12 * (1 + Math.Log(X.Length))) + (2 * Math.Abs(value))))
            + (4 * SumRoundoff * (1 + Math.Abs(value)));
        return Bounded(value, Errors.Max(), rounding);
    }

    /// <summary>PyTorch's: between the two order statistics next to level · (n − 1); NaN anywhere is NaN.</summary>
    private (double Value, double Error) Quantile(double level)
    {
        if (X.Any(double.IsNaN))
        {
            return (double.NaN, 0);
        }

        var sorted = X.Order().ToArray();
        var position = level * (X.Length - 1);
        var below = (int)Math.Floor(position);
        var fraction = position - below;
        var (low, high) = (sorted[below], fraction == 0 ? sorted[below] : sorted[below + 1]);
        var value = fraction == 0 ? low : ((1 - fraction) * low) + (fraction * high);
        var rounding = (Precision.Roundoff * (((position + 2) * Math.Abs(high - low)) + (4 * (Math.Abs(low) + Math.Abs(high)))))
            + (4 * Precision.Smallest);
        return Bounded(value, Errors.Max(), rounding);
    }

    private IEnumerable<ReferenceLine> Prefixes() =>
        Enumerable.Range(1, X.Length).Select(n => this with { X = X[..n], Errors = Errors[..n], Axis = Axis.Batch });

    private ReferenceLine Reversed() => this with { X = [.. X.Reverse()], Errors = [.. Errors.Reverse()] };

    private (double Value, double Error) Rounded((double Value, double Error) x) =>
        Bounded(x.Value, x.Error, (Precision.Roundoff * Math.Abs(x.Value)) + Precision.Smallest);

    /// <summary>Neumaier's compensated sum.</summary>
    private static double PlainSum(double[] values)
    {
        double sum = 0, lost = 0;
        foreach (var value in values)
        {
            var next = sum + value;
            lost += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }

        return double.IsFinite(sum) ? sum + lost : sum;
    }

    /// <summary>Nothing is allowed for a result that is not finite, unless its operands are open.</summary>
    private static (double Value, double Error) Bounded(double value, double change, double rounding) =>
        (value, double.IsFinite(value) ? change + rounding : change > 0 ? double.PositiveInfinity : 0);
}
