using PreferenceLosses.Expressions;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch;

/// <summary>A batch that was checked, in one precision, without the rows of weight 0.</summary>
internal sealed class PreparedBatch
{
    /// <summary>The number of rows that take part.</summary>
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

    /// <summary>One weight per row, none of them 0; null if all are 1.</summary>
    public Tensor? Weight { get; init; }

    /// <summary>The positions of the rows that take part; null if all of them do.</summary>
    public Tensor? Kept { get; init; }

    /// <summary>Values of the rows that take part, with 0 for the others: [rows] → [given rows], or twice that for a 2B loss.</summary>
    public Tensor Scatter(Tensor values)
    {
        if (Kept is null)
        {
            return values;
        }

        var halves = values.size(0) / Math.Max(Rows, 1);
        if (halves < 2)
        {
            return zeros(GivenRows, values.dtype, values.device).index_copy(0, Kept, values);
        }

        return cat([Scatter(values.narrow(0, 0, Rows)), Scatter(values.narrow(0, Rows, Rows))]);
    }

    /// <summary>Checks a batch for a loss. Conversions and the selection of rows are recorded by autograd.</summary>
    public static PreparedBatch Of(LossGraph graph, TensorBatch batch, SingleRow singleRow)
    {
        var inputs = new Tensor[graph.Inputs.Length];
        var checks = new TensorChecks(graph);
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = batch.TryGet(graph.Inputs[i].Name!, out var column) ? column : throw TensorChecks.Missing(graph, graph.Inputs[i].Name!, batch);
            checks.Input(graph.Inputs[i], inputs[i]);
        }

        var weight = batch.TryGet(Columns.Weight, out var weights) ? weights : null;
        checks.Others(weight, batch.ResponseMask);
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = InPrecision(inputs[i], checks.Precision);
        }

        var mask = batch.ResponseMask;
        var kept = weight is null ? null : RowsThatCount(weight);
        var rows = kept is null ? checks.Rows : (int)kept.size(0);
        if (kept is not null)
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                inputs[i] = graph.Inputs[i].Shape == Shape.Scalar ? inputs[i] : inputs[i].index_select(0, kept);
            }

            mask = mask?.index_select(0, kept);
        }

        TensorChecks.RowCount(graph, rows, singleRow);
        TensorChecks.EveryRowHasResponse(mask);
        return new PreparedBatch
        {
            Rows = rows,
            GivenRows = checks.Rows,
            Responses = checks.Responses,
            Precision = checks.Precision,
            Device = checks.Device,
            Inputs = inputs,
            Mask = mask?.contiguous(),
            Weight = weight is null ? null : InPrecision(kept is null ? weight.detach() : weight.detach().index_select(0, kept), checks.Precision).contiguous(),
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
