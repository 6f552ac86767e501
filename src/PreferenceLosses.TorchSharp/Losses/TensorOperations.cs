using PreferenceLosses.Expressions;
using TorchSharp;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch;

/// <summary>Every operation of a formula in operations of libtorch. Its conventions at kinks and ties are what the formulas follow.</summary>
/// <remarks>
/// A scalar is a tensor without dimensions, rows have shape [rows], responses [rows, K]. Where some responses are not there, those that are come
/// first in each row: then their rank is their position, and the mask is one of prefixes.
/// </remarks>
internal sealed class TensorOperations
{
    private readonly LossGraph graph;
    private readonly ParameterValues parameters;
    private readonly PreparedBatch batch;

    /// <summary>Of each row, where the responses that are there stand, and then the others; null if all are there.</summary>
    private readonly Tensor? places;

    /// <summary>Which of them are there, in that order.</summary>
    private readonly Tensor? isThere;

    public TensorOperations(LossGraph graph, ParameterValues parameters, PreparedBatch batch)
    {
        this.graph = graph;
        this.parameters = parameters;
        this.batch = batch;
        if (batch.Mask is not null)
        {
            using var _ = no_grad();
            places = StableOrder(batch.Mask.logical_not().to_type(ScalarType.Int32), 1);
            isThere = batch.Mask.gather(1, places);
        }
    }

    private Tensor Counts => isThere is null ? Number(batch.Responses) : isThere.sum(1, type: batch.Precision);

    /// <summary>A value per row, on the device of the batch: what is the same in every row is repeated.</summary>
    public Tensor PerRow(Tensor x) => x.dim() == 1 ? x : x.to(batch.Device).expand(batch.Rows);

    /// <summary>The value of a node from those of its operands.</summary>
    public Tensor Evaluate(Expr node, Tensor a, Tensor b, Tensor c)
    {
        if (node.Shape == Shape.Responses && node.Operation.IsElementwise())
        {
            // A value per row stands in every one of its responses.
            (a, b, c) = (WithResponses(a), WithResponses(b), WithResponses(c));
        }

        return node.Operation switch
        {
            Operation.Constant => Number(node.Value),
            Operation.Parameter => Number(parameters[node.Name!]),
            Operation.Input => Column(graph.Inputs.IndexOf(node)),
            Operation.BatchSize => Number(batch.Rows),
            Operation.RowIndex => Indices(batch.Rows),
            Operation.ResponseCount => PerRow(Counts),
            Operation.ResponseIndex => places is null
                ? Indices(batch.Responses).expand(batch.Rows, batch.Responses)
                : places.to_type(batch.Precision),

            Operation.Named => a,
            Operation.StopGradient => a.detach(),
            Operation.Broadcast => To(a, node.Shape),

            Operation.Negate => a.neg(),
            Operation.Abs => a.abs(),
            Operation.Sign => a.sign(),
            Operation.Relu => a.relu(),
            Operation.Sqrt => a.sqrt(),
            Operation.Exp => a.exp(),
            Operation.Expm1 => a.expm1(),
            Operation.Log => a.log(),
            Operation.Log1p => a.log1p(),
            Operation.Log1mExp => Log1mExp(a),
            Operation.Sigmoid => a.sigmoid(),
            Operation.LogSigmoid => a.log_sigmoid(),
            // libtorch's own softplus is x from x = 20 on, which is 2e-9 off.
            Operation.Softplus => a.neg().log_sigmoid().neg(),
            Operation.Tanh => a.tanh(),
            Operation.Sin => a.sin(),
            Operation.Cos => a.cos(),
            Operation.Atan => a.atan(),
            Operation.Erf => a.erf(),
            Operation.Erfc => a.erfc(),
            Operation.RoundToSingle => batch.Precision == ScalarType.Float32 ? a : a.to_type(ScalarType.Float32).to_type(batch.Precision),

            Operation.Add => a + b,
            Operation.Subtract => a - b,
            Operation.Multiply => a * b,
            Operation.Divide => a / b,
            Operation.Power => a.pow(b),
            Operation.Minimum => a.minimum(b),
            Operation.Maximum => a.maximum(b),
            Operation.LogAddExp => a.logaddexp(b),
            Operation.Less => a.lt(b).to_type(batch.Precision),
            Operation.LessOrEqual => a.le(b).to_type(batch.Precision),
            Operation.Equal => a.eq(b).to_type(batch.Precision),
            Operation.Select => Select(a, b, c),
            Operation.Clamp => a.to(batch.Device).clamp(b.to(batch.Device), c.to(batch.Device)),

            Operation.Sum => Masked(a, node, 0).sum(Dimension(node)),
            Operation.Mean => node.Axis == Axis.Batch ? a.mean([0]) : Masked(a, node, 0).sum(1) / Counts,
            Operation.Product => Masked(a, node, 1).prod(Dimension(node)),
            Operation.Variance => Variance(a, node),
            Operation.StandardDeviation => StandardDeviation(a, node),
            Operation.ReduceMin => Masked(a, node, double.PositiveInfinity).amin(Dimension(node)),
            Operation.ReduceMax => Masked(a, node, double.NegativeInfinity).amax(Dimension(node)),
            Operation.LogSumExp => Masked(a, node, double.NegativeInfinity).logsumexp(Dimension(node)),
            Operation.Quantile => Quantile(a, node),

            Operation.SortBy => a.gather(Dimension(node), Order(b, node)),
            Operation.UnsortBy => a.gather(Dimension(node), StableOrder(Order(b, node), Dimension(node))),
            Operation.CumulativeSum => Masked(a, node, 0).cumsum(Dimension(node)),
            Operation.ReverseCumulativeSum => Reversed(Reversed(Masked(a, node, 0), node).cumsum(Dimension(node)), node),
            Operation.CumulativeLogSumExp => Masked(a, node, Nothing).logcumsumexp(Dimension(node)),
            Operation.ReverseCumulativeLogSumExp => Reversed(Reversed(Masked(a, node, Nothing), node).logcumsumexp(Dimension(node)), node),

            _ => throw new NotSupportedException($"{node.Operation} is made by the compiler of this library and stands in no formula."),
        };
    }

    /// <summary>What e^ makes 0, and what is a number all the same: −∞ − (−∞) is NaN in a derivative of running sums.</summary>
    private const double Nothing = -1e30;

    private static int Dimension(Expr node) => node.Axis == Axis.Batch ? 0 : 1;

    private static Tensor StableOrder(Tensor key, int dimension)
    {
        using var _ = no_grad();
        return key.sort(dimension, stable: true).Indices;
    }

    /// <summary>
    /// A number without dimensions. On the CPU, whatever the device of the batch: libtorch's operations of one and of two operands take it from there. Those of three do not.
    /// </summary>
    private Tensor Number(double value) => batch.Precision == ScalarType.Float64 ? tensor(value) : tensor((float)value);

    private Tensor Indices(int count)
    {
        using var end = count.ToScalar();
        return arange(end, batch.Precision, batch.Device);
    }

    private Tensor Column(int input)
    {
        var column = batch.Inputs[input];
        if (places is null || graph.Inputs[input].Shape != Shape.Responses)
        {
            return column;
        }

        // What is not there must not matter, be it NaN: a number that is there takes its place.
        var ordered = column.gather(1, places);
        return where(isThere!, ordered, ordered.narrow(1, 0, 1).detach());
    }

    private static Tensor WithResponses(Tensor? x) => x is null ? null! : x.dim() == 1 ? x.unsqueeze(1) : x;

    private Tensor To(Tensor x, Shape shape) => shape switch
    {
        Shape.Scalar => x,
        Shape.Row => PerRow(x),
        _ => WithResponses(x).to(batch.Device).expand(batch.Rows, batch.Responses),
    };

    private Tensor Masked(Tensor x, Expr node, double value) =>
        node.Axis == Axis.Batch || isThere is null ? x : where(isThere, x, Number(value).to(batch.Device));

    private static Tensor Reversed(Tensor x, Expr node) => x.flip(Dimension(node));

    private Tensor Select(Tensor condition, Tensor yes, Tensor no)
    {
        var isYes = condition.ne(Number(0));
        return where(isYes.to(batch.Device), yes.to(batch.Device), no.to(batch.Device));
    }

    /// <summary>ln(1 − e^x): near 0 through expm1, far from it through log1p. Each side gets numbers that it is finite for, or its gradient would be NaN.</summary>
    private Tensor Log1mExp(Tensor x)
    {
        var bound = Number(-Math.Log(2));
        var isNear = x.gt(bound);
        var near = where(isNear, x, bound.to(x.device)).expm1().neg().log();
        var far = where(isNear, bound.to(x.device), x).exp().neg().log1p();
        return where(isNear, near, far);
    }

    private Tensor Variance(Tensor x, Expr node)
    {
        if (node.Axis == Axis.Batch || isThere is null)
        {
            // libtorch has NaN for one value, but refuses the way back; a sum of squares divided by 0 is NaN both ways.
            return x.size(Dimension(node)) <= node.Value ? SquaresPerDegree(x, node) : x.var(Dimension(node), unbiased: node.Value == 1);
        }

        return SquaresPerDegree(x, node);
    }

    private Tensor SquaresPerDegree(Tensor x, Expr node)
    {
        var dimension = Dimension(node);
        var count = node.Axis == Axis.Batch ? Number(batch.Rows) : Counts;
        var mean = Masked(x, node, 0).sum(dimension) / count;
        var off = Masked(x - (node.Axis == Axis.Batch ? mean : mean.unsqueeze(1)), node, 0);
        return (off * off).sum(dimension) / (count - Number(node.Value));
    }

    private Tensor StandardDeviation(Tensor x, Expr node)
    {
        if ((node.Axis == Axis.Batch || isThere is null) && x.size(Dimension(node)) > node.Value)
        {
            return x.std(Dimension(node), unbiased: node.Value == 1);
        }

        // As libtorch has it: no gradient where the deviation is 0.
        var variance = SquaresPerDegree(x, node);
        var isZero = variance.eq(Number(0));
        return where(isZero, variance.detach(), where(isZero, Number(1).to(variance.device), variance).sqrt());
    }

    /// <summary>Linear between the two nearest order statistics, as libtorch's, whose level is rounded to the precision of the values.</summary>
    private Tensor Quantile(Tensor x, Expr node)
    {
        if (node.Axis == Axis.Batch)
        {
            var place = node.Value * (batch.Rows - 1);
            var below = (int)Math.Floor(place);
            var (sorted, _) = x.sort(0);
            return sorted.select(0, below).lerp(sorted.select(0, Math.Min(below + 1, batch.Rows - 1)), Number(place - below).to(x.device));
        }

        var (values, _) = Masked(x, node, double.PositiveInfinity).sort(1);
        var rank = PerRow((Counts - Number(1)) * Number(node.Value)).unsqueeze(1);
        var low = rank.floor();
        return values.gather(1, low.to_type(ScalarType.Int64)).lerp(values.gather(1, rank.ceil().to_type(ScalarType.Int64)), rank - low).squeeze(1);
    }

    /// <summary>The order of a key, with what is not there at the end of each row.</summary>
    private Tensor Order(Tensor key, Expr node) => StableOrder(Masked(key, node, double.PositiveInfinity), Dimension(node));
}
