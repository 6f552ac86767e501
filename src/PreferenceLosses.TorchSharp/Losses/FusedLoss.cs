using System.Numerics;
using System.Runtime.InteropServices;
using PreferenceLosses.Expressions;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>A loss by this library's executor, on the memory of CPU tensors.</summary>
internal static class FusedLoss
{
    public static TensorLossResult Evaluate(IPreferenceLoss loss, TensorBatch given, EvaluationOptions options)
    {
        using var scope = NewDisposeScope();
        var batch = PreparedBatch.Of(loss.Graph, given, options.SingleRow, leavesRowsOut: false);
        batch.MakeContiguous();
        return batch.Precision == ScalarType.Float64 ? Evaluate<double>(loss, given, batch, options) : Evaluate<float>(loss, given, batch, options);
    }

    private static TensorLossResult Evaluate<T>(IPreferenceLoss loss, TensorBatch given, PreparedBatch batch, EvaluationOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var graph = loss.Graph;
        var wanted = is_grad_enabled() ? batch.Differentiated(graph) : [];
        var results = new FusedResults<T>(graph, batch, wanted, hasLosses: true);
        var isOfNothing = batch.Rows == 0 && options.Reduction == Reduction.Mean;
        var kept = batch.Weight is null ? null : KeptRows<T>(batch.Weight);
        isOfNothing |= kept is { Length: 0 } && options.Reduction == Reduction.Mean;
        var value = loss.Evaluate(
            Batch<T>(graph, batch, batch.Inputs, batch.Mask, batch.Weight),
            results.Destination,
            isOfNothing ? options with { Reduction = Reduction.Sum } : options);
        GC.KeepAlive(batch);

        var inputs = Array.ConvertAll(wanted, i => batch.Inputs[i]);
        var pass = wanted.Length > 0 ? new BackwardPass() : null;
        var isConverted = batch.HasConverted(graph, given);
        var result = new TensorLossResult(
            kept?.Length ?? batch.Rows,
            isOfNothing ? null : () => Reduced(value, inputs, results, pass),
            isOfNothing || isConverted || pass is null ? null : scale => GoBack(inputs, results, scale),
            pass is null
                ? () => FusedResults<T>.ToTensor(results.Losses)
                : () => Attached<T>(loss, given, options, results.Losses, pass),
            graph.Rewards is null ? null : () => new TensorRewards(
                FusedResults<T>.ToTensor(results.ChosenReward), FusedResults<T>.ToTensor(results.RejectedReward), kept is null ? null : tensor(kept)),
            pass);
        if (isConverted && !isOfNothing)
        {
            // Columns that were converted end with this call, unless libtorch has them in the graph of the reduced loss.
            _ = result.Value.MoveToOuterDisposeScope();
        }

        return result;
    }

    /// <summary>The reduced loss as part of the autograd graph.</summary>
    private static Tensor Reduced<T>(double value, Tensor[] inputs, FusedResults<T> results, BackwardPass? pass)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var reduced = typeof(T) == typeof(double) ? tensor(value) : tensor((float)value);
        if (pass is null)
        {
            return reduced;
        }

        using var scope = NewDisposeScope();
        using var enabled = enable_grad();
        using var constant = reduced;
        var arguments = new object[inputs.Length + 1];
        inputs.CopyTo(arguments, 0);
        arguments[^1] = new ReducedLossFunction.Arguments(constant, upstream => results.Scaled(Values<T>(upstream)[0]), results.Forms, pass);
        return ReducedLossFunction.apply(arguments).MoveToOuterDisposeScope();
    }

    /// <summary>Hands the gradients to the graph of the columns.</summary>
    private static void GoBack<T>(Tensor[] inputs, FusedResults<T> results, double scale)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var gradients = results.Scaled(T.CreateTruncating(scale));
        try
        {
            autograd.backward(inputs, gradients);
        }
        finally
        {
            foreach (var gradient in gradients)
            {
                gradient.Dispose();
            }
        }
    }

    /// <summary>The unreduced losses as part of the autograd graph. The batch is looked at again: seldom does anybody want both.</summary>
    private static Tensor Attached<T>(IPreferenceLoss loss, TensorBatch given, EvaluationOptions options, T[] losses, BackwardPass pass)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var enabled = enable_grad();
        using var scope = NewDisposeScope();
        var graph = loss.Graph;
        var batch = PreparedBatch.Of(graph, given, options.SingleRow, leavesRowsOut: true);
        batch.MakeContiguous();
        var wanted = batch.Differentiated(graph);
        var (rows, responses, precision, hasMask) = (batch.Rows, batch.Responses, batch.Precision, batch.Mask is not null);

        PreparedBatch Again(Tensor[] inputs) =>
            new() { Rows = rows, GivenRows = rows, Responses = responses, Precision = precision, Device = CPU, Inputs = inputs };

        Tensor[] Gradients(List<Tensor> saved, Tensor upstream)
        {
            using var weights = upstream.contiguous();
            Tensor[] inputs = [.. saved.Take(graph.Inputs.Length)];
            var again = Again(inputs);
            var results = new FusedResults<T>(graph, again, wanted, hasLosses: false);
            loss.VectorJacobianProduct(
                Batch<T>(graph, again, inputs, hasMask ? saved[^1] : null, weight: null), Values<T>(weights), results.Destination, options);
            GC.KeepAlive(saved);
            return results.Scaled(T.One);
        }

        var rowLosses = FusedResults<T>.ToTensor(losses);
        List<Tensor> toSave = [.. batch.Inputs];
        if (hasMask)
        {
            toSave.Add(batch.Mask!);
        }

        var arguments = new SavingLossFunction.Arguments(
            batch.Gather(rowLosses), toSave, Gradients, [.. wanted.Select(i => GradientForm.Of(batch.Inputs[i]))], pass);
        var attached = SavingLossFunction.apply([.. wanted.Select(i => batch.Inputs[i]), arguments]);
        return batch.Scatter(attached).MoveToOuterDisposeScope();
    }

    /// <summary>The positions of the rows whose weight is not 0.</summary>
    private static long[] KeptRows<T>(Tensor weight)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var kept = new List<long>();
        var weights = Values<T>(weight);
        for (var row = 0; row < weights.Length; row++)
        {
            if (weights[row] != T.Zero)
            {
                kept.Add(row);
            }
        }

        return [.. kept];
    }

    /// <summary>The memory of the tensors as a batch of the core. It lives as long as the tensors do.</summary>
    private static PreferenceBatch<T> Batch<T>(LossGraph graph, PreparedBatch batch, Tensor[] inputs, Tensor? mask, Tensor? weight)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> Column(string name)
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                if (graph.Inputs[i].Name == name)
                {
                    return Values<T>(inputs[i]);
                }
            }

            return default;
        }

        Dictionary<string, ReadOnlyMemory<T>>? other = null;
        Dictionary<string, double>? scalars = null;
        for (var i = 0; i < inputs.Length; i++)
        {
            var input = graph.Inputs[i];
            if (input.Shape == Expressions.Shape.Scalar)
            {
                (scalars ??= [])[input.Name!] = double.CreateTruncating(Values<T>(inputs[i])[0]);
            }
            else if (!Columns.HasProperty(input.Name!))
            {
                (other ??= [])[input.Name!] = Values<T>(inputs[i]).ToArray();
            }
        }

        return PreferenceBatch.FromColumns<T>(Column) with
        {
            Weight = weight is null ? default : Values<T>(weight),
            ResponsesPerRow = batch.Responses,
            ResponseMask = mask is null ? default : Values<bool>(mask),
            Other = other,
            Scalars = scalars,
        };
    }

    /// <summary>A tensor's memory. Without rows a tensor has none, and a column that is there is not one that was left out.</summary>
    internal static Span<T> Values<T>(Tensor tensor)
        where T : unmanaged =>
        tensor.numel() == 0 ? Array.Empty<T>() : MemoryMarshal.Cast<byte, T>(tensor.bytes);
}
