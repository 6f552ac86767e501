using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>Formulas of one operation each, over inputs of every shape that it accepts.</summary>
internal static class OperationSamples
{
    private static readonly Shape[] Shapes = Enum.GetValues<Shape>();

    private static readonly char[] Names = ['a', 'b', 'c'];

    private static readonly Dictionary<(char, Shape), Expr> Operands = Names
        .SelectMany(name => Shapes.Select(shape => (name, shape)))
        .ToDictionary(o => o, o => new Expr(Operation.Input, o.shape, [], value: 1, $"{o.name}_{Suffix(o.shape)}"));

    private static readonly Parameter Parameter = new("parameter", "p", 0.5, Bounds.Finite);

    public static IReadOnlyList<Expr> Of(Operation operation) => operation switch
    {
        Operation.Constant => [Constant(0.1), Broadcast(Constant(0.1), Shape.Row)],
        Operation.Parameter => [Parameter, Broadcast(Parameter, Shape.Responses)],
        Operation.Input => [.. Shapes.Select(s => Operand('a', s))],
        Operation.BatchSize => [BatchSize, Broadcast(BatchSize, Shape.Row)],
        Operation.RowIndex => [RowIndex],
        Operation.ResponseCount => [ResponseCount],
        Operation.ResponseIndex => [ResponseIndex],

        Operation.Named => [.. Shapes.Select(s => Named("x", Operand('a', s)))],
        Operation.StopGradient => [.. Shapes.Select(s => StopGradient(Operand('a', s)))],
        Operation.Broadcast =>
        [
            Broadcast(Operand('a', Shape.Scalar), Shape.Row),
            Broadcast(Operand('a', Shape.Scalar), Shape.Responses),
            Broadcast(Operand('a', Shape.Row), Shape.Responses),
        ],

        // These take what another operation gives.
        Operation.SigmoidFromExp => [.. Shapes.Select(s => Elementwise(operation, Operand('a', s), ExpMinusAbs(Operand('a', s)), 1 / (1 + ExpMinusAbs(Operand('a', s)))))],
        Operation.ExpOfRest or Operation.ExpTimesOfRest =>
        [
            .. Shapes.Where(s => s != Shape.Scalar).SelectMany(s => Shapes.Select(t => Elementwise(
                Operation.ExpTimesOfRest, Operand('a', s), Elementwise(Operation.ExpOfRest, Operand('a', s)), Operand('b', t)))),
        ],
        Operation.Log1pOfUnit => [.. Shapes.Select(s => Elementwise(operation, ExpMinusAbs(Operand('a', s))))],

        _ when operation.IsElementwise() => [.. Combinations(Arity(operation)).Select(o => Elementwise(operation, [.. o]))],

        Operation.Sum => OverBoth((x, axis) => [Sum(x, axis)]),
        Operation.Mean => OverBoth((x, axis) => [Mean(x, axis)]),
        Operation.Product => OverBoth((x, axis) => [Product(x, axis)]),
        Operation.Variance => OverBoth((x, axis) => [Variance(x, axis), Variance(x, axis, correction: 0)]),
        Operation.StandardDeviation => OverBoth((x, axis) => [StandardDeviation(x, axis), StandardDeviation(x, axis, correction: 0)]),
        Operation.ReduceMin => OverBoth((x, axis) => [Min(x, axis)]),
        Operation.ReduceMax => OverBoth((x, axis) => [Max(x, axis)]),
        Operation.LogSumExp => OverBoth((x, axis) => [LogSumExp(x, axis)]),
        Operation.Quantile => OverBoth((x, axis) => [.. new[] { 0, 0.05, 0.25, 0.5, 0.7, 1 }.Select(level => Quantile(x, level, axis))]),

        Operation.SortBy => OverBoth((x, axis) => [Sort(x, axis), SortBy(x, Operand('b', x.Shape), axis)]),
        Operation.UnsortBy => OverBoth((x, axis) => [UnsortBy(x, Operand('b', x.Shape), axis)]),
        Operation.CumulativeSum => OverBoth((x, axis) => [CumulativeSum(x, axis)]),
        Operation.ReverseCumulativeSum => OverBoth((x, axis) => [CumulativeSum(x, axis, reverse: true)]),
        Operation.CumulativeLogSumExp => OverBoth((x, axis) => [CumulativeLogSumExp(x, axis)]),
        Operation.ReverseCumulativeLogSumExp => OverBoth((x, axis) => [CumulativeLogSumExp(x, axis, reverse: true)]),

        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "A new operation needs samples here, and is then tested everywhere."),
    };

    /// <summary>
    /// The input of a name and shape: <c>a_row</c>. The same node each time, so that its derivatives add up. Scalars are
    /// differentiable here, which a user's are not: what flows into a mean or a quantile has to be right.
    /// </summary>
    public static Expr Operand(char name, Shape shape) => Operands[(name, shape)];

    /// <summary>A batch with every input that samples read, each value from one source.</summary>
    public static FormulaBatch Batch(int rows, int responses, bool[]? mask, Func<double> next)
    {
        double[] Column(int length) => [.. Enumerable.Range(0, length).Select(_ => next())];
        return new FormulaBatch(rows, responses)
        {
            Mask = mask,
            Columns = Names.SelectMany(name => new[]
            {
                (Name: $"{name}_row", Values: Column(rows)),
                (Name: $"{name}_responses", Values: Column(rows * responses)),
            }).ToDictionary(c => c.Name, c => c.Values),
            Scalars = Names.ToDictionary(name => $"{name}_scalar", _ => next()),
            Parameters = { ["parameter"] = next() },
        };
    }

    private static int Arity(Operation operation) => operation switch
    {
        Operation.Select or Operation.Clamp => 3,
        (>= Operation.Add and <= Operation.Equal) or Operation.ExpTimes => 2,
        _ => 1,
    };

    /// <summary>Operands a, b, c in every combination of shapes.</summary>
    private static IEnumerable<IEnumerable<Expr>> Combinations(int arity) => arity == 0
        ? [[]]
        : Combinations(arity - 1).SelectMany(front => Shapes.Select(s => front.Append(Operand((char)('a' + arity - 1), s))));

    private static List<Expr> OverBoth(Func<Expr, Axis, IEnumerable<Expr>> formulas) =>
        [.. formulas(Operand('a', Shape.Row), Axis.Batch), .. formulas(Operand('a', Shape.Responses), Axis.Responses)];

    private static Expr ExpMinusAbs(Expr x) => Elementwise(Operation.ExpMinusAbs, x);

    private static string Suffix(Shape shape) => shape switch
    {
        Shape.Scalar => "scalar",
        Shape.Row => "row",
        _ => "responses",
    };
}
