using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>
/// The power of s that a loss is multiplied by when β is multiplied by s and all log-probabilities are divided by it: 0 for a function
/// of βρ, where β only chooses the unit; −2 for IPO, which is a function of βρ divided by β².
/// </summary>
internal static class Scaling
{
    /// <summary>The degree; null if there is none, or none that the rules find.</summary>
    /// <param name="graph">The loss.</param>
    /// <param name="parameters">The values of its hyper-parameters, which exponents may contain.</param>
    /// <param name="ofScalars">The degree of the scalar inputs: 0 if they are pure numbers, −1 if they are in nats.</param>
    public static double? Degree(LossGraph graph, ParameterValues parameters, double ofScalars)
    {
        // NaN: a 0, which has every degree. Null: none.
        var degrees = new Dictionary<Expr, double?>(ReferenceEqualityComparer.Instance);
        var numbers = new Ranges(graph, parameters, _ => null);
        foreach (var node in graph.Nodes)
        {
            degrees[node] = node switch
            {
                { Operation: Operation.Constant, Value: 0 } => double.NaN,
                { Operation: Operation.Constant } => double.IsInfinity(node.Value) ? double.NaN : 0,
                { Operation: Operation.Parameter } => node.Name == "beta" ? 1 : 0,
                { Operation: Operation.Input, Shape: Shape.Scalar } => ofScalars,
                { Operation: Operation.Input } => node.IsDifferentiable ? -1 : 0,
                { Operation: Operation.BatchSize or Operation.RowIndex or Operation.ResponseCount or Operation.ResponseIndex } => 0,
                _ => Of(node, [.. node.Operands.Select(o => degrees[o])], numbers),
            };
        }

        return graph.Losses.Select(loss => degrees[loss]).Aggregate(Same);
    }

    private static double? Of(Expr node, double?[] operands, Ranges numbers) => node.Operation switch
    {
        // The key only orders, and any positive factor leaves the order alone.
        Operation.SortBy or Operation.UnsortBy => operands[1] is null ? null : operands[0],
        Operation.Named or Operation.StopGradient or Operation.Broadcast or Operation.Negate or Operation.Abs or Operation.Relu
            or Operation.Sum or Operation.Mean or Operation.StandardDeviation or Operation.ReduceMin or Operation.ReduceMax or Operation.Quantile
            or Operation.CumulativeSum or Operation.ReverseCumulativeSum => operands[0],
        Operation.Variance => 2 * operands[0],
        Operation.Sqrt => operands[0] / 2,
        Operation.Sign => operands[0] is null ? null : 0,
        Operation.Multiply => operands[0] + operands[1],
        Operation.Divide => operands[0] - operands[1],
        Operation.Add or Operation.Subtract or Operation.Minimum or Operation.Maximum => Same(operands[0], operands[1]),
        Operation.Clamp => Same(Same(operands[0], operands[1]), operands[2]),
        Operation.Less or Operation.LessOrEqual or Operation.Equal => Same(operands[0], operands[1]) is null ? null : 0,
        Operation.Select => operands[0] is null ? null : Same(operands[1], operands[2]),
        Operation.Power when IsPure(operands[0]) && IsPure(operands[1]) => 0,
        Operation.Power when node.Operands[1].Shape == Shape.Scalar && numbers[node.Operands[1]] is var p && p.Low == p.High && IsPure(operands[1]) => operands[0] * p.Low,
        _ => operands.All(IsPure) ? 0 : null,
    };

    private static bool IsPure(double? degree) => degree is 0 or double.NaN;

    /// <summary>The degree of a sum: that of both, where a 0 fits anything.</summary>
    private static double? Same(double? a, double? b) => (a, b) switch
    {
        (null, _) or (_, null) => null,
        _ when double.IsNaN(a.Value) => b,
        _ when double.IsNaN(b.Value) || a == b => a,
        _ => null,
    };
}
