using PreferenceLosses.Expressions;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch;

/// <summary>A batch that was checked, in one precision.</summary>
internal sealed class PreparedBatch
{
    /// <summary>The number of rows, but those that were left out.</summary>
    public required int Rows { get; init; }

    /// <summary>The number of rows that were given.</summary>
    public required int GivenRows { get; init; }

    /// <summary>K, the number of responses per row; 1 where there are none.</summary>
    public required int Responses { get; init; }

    /// <summary>Single or double precision.</summary>
    public required ScalarType Precision { get; init; }

    /// <summary>Where all tensors are.</summary>
    public required Device Device { get; init; }

    /// <summary>The columns in the order of the graph's inputs.</summary>
    public required Tensor[] Inputs { get; init; }

    /// <summary>Which responses are there, [rows, K]; null if all of them are.</summary>
    public Tensor? Mask { get; init; }

    /// <summary>One weight per row; null if all are 1.</summary>
    public Tensor? Weight { get; init; }

    /// <summary>The positions of the rows that were not left out; null if none was.</summary>
    public Tensor? Kept { get; init; }

    /// <summary>Values of the rows that take part, with 0 for the others: [rows] → [given rows], or twice that for a 2B loss.</summary>
    public Tensor Scatter(Tensor values) => Kept is null ? values : cat([.. Halves(values, Rows).Select(
        half => zeros(GivenRows, values.dtype, values.device).index_copy(0, Kept, half))]);

    /// <summary>The other way: values of the rows that take part.</summary>
    public Tensor Gather(Tensor values) => Kept is null ? values : cat([.. Halves(values, GivenRows).Select(half => half.index_select(0, Kept))]);

    /// <summary>The inputs that gradients are wanted for.</summary>
    public int[] Differentiated(LossGraph graph)
    {
        var wanted = new List<int>(2);
        for (var i = 0; i < Inputs.Length; i++)
        {
            if (graph.Inputs[i].IsDifferentiable && Inputs[i].requires_grad)
            {
                wanted.Add(i);
            }
        }

        return [.. wanted];
    }

    /// <summary>Copies the columns that have anything between their values; recorded by autograd.</summary>
    public void MakeContiguous()
    {
        for (var i = 0; i < Inputs.Length; i++)
        {
            Inputs[i] = Inputs[i].is_contiguous() ? Inputs[i] : Inputs[i].contiguous();
        }
    }

    /// <summary>Whether a column is another tensor than was given, because it was converted or copied.</summary>
    public bool HasConverted(LossGraph graph, TensorBatch given)
    {
        for (var i = 0; i < Inputs.Length; i++)
        {
            if (!given.TryGet(graph.Inputs[i].Name!, out var column) || !ReferenceEquals(column, Inputs[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<Tensor> Halves(Tensor values, int rows) =>
        Enumerable.Range(0, rows == 0 ? 1 : (int)(values.size(0) / rows)).Select(half => values.narrow(0, half * rows, rows));

    /// <summary>Checks a batch for a loss. Conversions and the selection of rows are recorded by autograd.</summary>
    /// <param name="graph">The loss.</param>
    /// <param name="batch">The tensors.</param>
    /// <param name="singleRow">What happens to one row where two are needed.</param>
    /// <param name="leavesRowsOut">Whether rows of weight 0 are left out here; otherwise they are for the core to leave out, and to check the rest.</param>
    public static PreparedBatch Of(LossGraph graph, TensorBatch batch, SingleRow singleRow, bool leavesRowsOut)
    {
        var inputs = new Tensor[graph.Inputs.Length];
        var checks = new TensorChecks(graph);
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = batch.TryGet(graph.Inputs[i].Name!, out var column) ? column : throw TensorChecks.Missing(graph, graph.Inputs[i].Name!, batch);
            checks.Input(graph.Inputs[i], inputs[i]);
        }

        var weight = batch.TryGet(Columns.Weight, out var weights) ? weights.detach() : null;
        checks.Others(weight, batch.ResponseMask);
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = InPrecision(inputs[i], checks.Precision);
        }

        var mask = batch.ResponseMask;
        var kept = weight is null || !leavesRowsOut ? null : RowsThatCount(weight);
        var rows = kept is null ? checks.Rows : (int)kept.size(0);
        if (kept is not null)
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                inputs[i] = graph.Inputs[i].Shape == Shape.Scalar ? inputs[i] : inputs[i].index_select(0, kept);
            }

            mask = mask?.index_select(0, kept);
            weight = weight!.index_select(0, kept);
        }

        if (leavesRowsOut)
        {
            TensorChecks.RowCount(graph, rows, singleRow);
            TensorChecks.EveryRowHasResponse(mask);
        }

        return new PreparedBatch
        {
            Rows = rows,
            GivenRows = checks.Rows,
            Responses = checks.Responses,
            Precision = checks.Precision,
            Device = checks.Device,
            Inputs = inputs,
            Mask = mask?.contiguous(),
            Weight = weight is null ? null : InPrecision(weight, checks.Precision).contiguous(),
            Kept = kept,
        };
    }

    private static Tensor InPrecision(Tensor tensor, ScalarType precision) => tensor.dtype == precision ? tensor : tensor.to_type(precision);

    /// <summary>The rows whose weight is not 0; null if that is all of them.</summary>
    private static Tensor? RowsThatCount(Tensor weight)
    {
        using var _ = no_grad();
        var rows = weight.nonzero().squeeze(1);
        return rows.size(0) == weight.size(0) ? null : rows;
    }
}
