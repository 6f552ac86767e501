using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>
/// Formulas evaluated node by node in double precision: slow, plain, and written from the documentation of
/// <see cref="Operation"/> and PyTorch's behaviour, not from the executor. Beside each value it carries a bound on what
/// rounding in the precision compared with can do: an operation's own rounding, and the change that the operands' errors
/// make in it, found by evaluating it at both ends of each. That is the tolerance of every comparison.
/// </summary>
internal sealed class ReferenceEvaluator
{
    private readonly FormulaBatch batch;
    private readonly Precision precision;
    private readonly Dictionary<Expr, ReferenceValue> known = new(ReferenceEqualityComparer.Instance);

    private readonly Func<Operation, double, double, double, double> elementwise;

    private ReferenceEvaluator(FormulaBatch batch, Precision precision, Func<Operation, double, double, double, double> elementwise)
    {
        this.batch = batch;
        this.precision = precision;
        this.elementwise = elementwise;
    }

    /// <summary>The values of the formulas, without bounds on errors.</summary>
    public static double[][] Values(FormulaBatch batch, params IReadOnlyList<Expr> roots) =>
        Values(batch, roots, ReferenceOperations.Evaluate);

    /// <summary>The values of the formulas, with elementwise operations of the caller's.</summary>
    public static double[][] Values(FormulaBatch batch, IReadOnlyList<Expr> roots, Func<Operation, double, double, double, double> elementwise)
    {
        var evaluator = new ReferenceEvaluator(batch, Precision.Exact, elementwise);
        return [.. roots.Select(root => evaluator.Of(root).Values)];
    }

    /// <summary>The values of the formulas, and what a computation in a precision may differ from them.</summary>
    public static ReferenceValue[] Evaluate(FormulaBatch batch, IReadOnlyList<Expr> roots, Precision precision)
    {
        var evaluator = new ReferenceEvaluator(batch, precision, ReferenceOperations.Evaluate);
        return [.. roots.Select(evaluator.Of)];
    }

    /// <summary>Operands first, without recursion: formulas are as deep as a user likes.</summary>
    private ReferenceValue Of(Expr root)
    {
        var pending = new Stack<Expr>([root]);
        while (pending.TryPeek(out var node))
        {
            var missing = node.Operands.Where(o => !known.ContainsKey(o)).ToList();
            if (missing.Count > 0)
            {
                missing.ForEach(pending.Push);
                continue;
            }

            pending.Pop();
            if (!known.ContainsKey(node))
            {
                known[node] = Compute(node);
            }
        }

        return known[root];
    }

    private ReferenceValue Compute(Expr node) => node.Operation switch
    {
        _ when node.Operation.IsLeaf() => Grid(node.Shape, (row, k) => Leaf(node, row, k)),
        _ when node.Operation.IsWrapper() => Grid(node.Shape, (row, k) => Operand(node, 0, row, k)),
        _ when node.Operation.IsElementwise() => Grid(node.Shape, (row, k) => Elementwise(node, row, k)),
        _ when node.Operation.IsReduction() => Reduction(node),
        _ when node.Operation.IsSortOrScan() => SortOrScan(node),
        _ => throw new InvalidOperationException($"The reference does not know {node.Operation}."),
    };

    private (double Value, double Error) Leaf(Expr node, int row, int k) => node.Operation switch
    {
        Operation.Constant => (node.Value, 0),
        Operation.Parameter => (batch.Parameters[node.Name!], 0),
        Operation.Input when node.Shape == Shape.Scalar => (batch.Scalars[node.Name!], 0),
        Operation.Input => (batch.Columns[node.Name!][node.Shape == Shape.Row ? row : (row * batch.Responses) + k], 0),
        Operation.BatchSize => (batch.Rows, 0),
        Operation.RowIndex => (row, 0),
        Operation.ResponseIndex => (k, 0),
        Operation.ResponseCount => (Enumerable.Range(0, batch.Responses).Count(r => batch.IsValid(row, r)), 0),
        _ => throw new InvalidOperationException($"The reference does not know {node.Operation}."),
    };

    /// <summary>An operand at a place; a scalar, which is held in double precision, is rounded where rows read it.</summary>
    private (double Value, double Error) Operand(Expr node, int index, int row, int k)
    {
        var operand = node.Operands[index];
        var (value, error) = known[operand].At(row, k);
        return operand.Shape == Shape.Scalar && node.Shape != Shape.Scalar
            ? (precision.Rounded(value), error == 0 ? 0 : error + (precision.Roundoff * Math.Abs(value)))
            : (value, error);
    }

    private (double Value, double Error) Elementwise(Expr node, int row, int k)
    {
        Span<(double Value, double Error)> operands = stackalloc (double, double)[3];
        for (var i = 0; i < node.Operands.Length; i++)
        {
            operands[i] = Operand(node, i, row, k);
        }

        var (a, b, c) = (operands[0], operands[1], operands[2]);
        var value = elementwise(node.Operation, a.Value, b.Value, c.Value);
        var own = node.Shape == Shape.Scalar && precision == Precision.Single ? Precision.Double : precision;
        var error = precision.Roundoff == 0 ? 0
            : RoundingBounds.Of(node.Operation, a, b, value, own) + Spread(node.Operation, value, a, b, c);
        return node.Shape == Shape.Scalar ? (value, error) : (precision.Held(value), error);
    }

    /// <summary>The largest change in the result while each operand is at either end of its error.</summary>
    private static double Spread(
        Operation operation, double value, (double Value, double Error) a, (double Value, double Error) b, (double Value, double Error) c)
    {
        if (a.Error == 0 && b.Error == 0 && c.Error == 0)
        {
            return 0;
        }

        var largest = 0.0;
        for (var i = a.Error == 0 ? 0 : -1; i <= (a.Error == 0 ? 0 : 1); i++)
        {
            for (var j = b.Error == 0 ? 0 : -1; j <= (b.Error == 0 ? 0 : 1); j++)
            {
                for (var l = c.Error == 0 ? 0 : -1; l <= (c.Error == 0 ? 0 : 1); l++)
                {
                    var moved = ReferenceOperations.Evaluate(
                        operation, Moved(a, i), Moved(b, j), Moved(c, l));
                    var change = moved.Equals(value) ? 0 : Math.Abs(moved - value);
                    if (double.IsNaN(change))
                    {
                        return double.PositiveInfinity;
                    }

                    largest = Math.Max(largest, change);
                }
            }
        }

        return largest;

        static double Moved((double Value, double Error) x, int direction) => direction == 0 ? x.Value : x.Value + (direction * x.Error);
    }

    private ReferenceValue Reduction(Expr node)
    {
        var x = known[node.Operands[0]];
        if (node.Axis == Axis.Batch)
        {
            var (value, error) = Line(x, AllRows(), node.Axis).Reduce(node.Operation, node.Value);
            return new ReferenceValue(Shape.Scalar, batch.Responses, [value], [error]);
        }

        return Grid(Shape.Row, (row, _) =>
        {
            var (value, error) = Line(x, ValidResponses(row), node.Axis).Reduce(node.Operation, node.Value);
            return (precision.Held(value), error);
        });
    }

    private ReferenceValue SortOrScan(Expr node)
    {
        var x = known[node.Operands[0]];
        var result = new ReferenceValue(node.Shape, batch.Responses, new double[x.Values.Length], new double[x.Values.Length]);
        foreach (var places in node.Axis == Axis.Batch ? [AllRows()] : Enumerable.Range(0, batch.Rows).Select(ValidResponses))
        {
            var line = Line(x, places, node.Axis);
            var key = ReferenceEquals(node.Operands[0], node.Operands[^1]) ? line : Line(known[node.Operands[^1]], places, node.Axis);
            var values = node.Operands.Length == 2 ? line.Permuted(node.Operation, key) : line.Scan(node.Operation);
            for (var i = 0; i < places.Length; i++)
            {
                result.Values[places[i]] = precision.Held(values[i].Value);
                result.Errors[places[i]] = values[i].Error;
            }
        }

        return result;
    }

    private ReferenceLine Line(ReferenceValue x, int[] places, Axis axis) =>
        new([.. places.Select(p => x.Values[p])], [.. places.Select(p => x.Errors[p])], axis, precision);

    private int[] AllRows() => [.. Enumerable.Range(0, batch.Rows)];

    private int[] ValidResponses(int row) =>
        [.. Enumerable.Range(0, batch.Responses).Where(k => batch.IsValid(row, k)).Select(k => (row * batch.Responses) + k)];

    private ReferenceValue Grid(Shape shape, Func<int, int, (double Value, double Error)> at)
    {
        var rows = shape == Shape.Scalar ? 1 : batch.Rows;
        var responses = shape == Shape.Responses ? batch.Responses : 1;
        var value = new ReferenceValue(shape, batch.Responses, new double[rows * responses], new double[rows * responses]);
        for (var row = 0; row < rows; row++)
        {
            for (var k = 0; k < responses; k++)
            {
                if (shape != Shape.Responses || batch.IsValid(row, k))
                {
                    (value.Values[(row * responses) + k], value.Errors[(row * responses) + k]) = at(row, k);
                }
            }
        }

        return value;
    }
}
