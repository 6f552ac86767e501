using System.Runtime.CompilerServices;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda;

/// <summary>
/// A loss that sorts or scans its batch, which kernels do not do: its columns are copied to the host, the CPU path evaluates them there in single precision, and
/// the results are copied back. The host waits for the columns; what goes back is in the order of the stream.
/// </summary>
internal sealed class HostEvaluation(CudaDevice device, IPreferenceLoss loss)
{
    /// <summary>A look at every node of the formulas, once for each graph: losses are often made anew for a launch.</summary>
    private static readonly ConditionalWeakTable<LossGraph, object> Needing = [];

    private readonly HostCopies copies = device.HostCopies;

    /// <summary>Whether a loss needs the host.</summary>
    public static bool IsNeededBy(LossGraph graph) => (bool)Needing.GetValue(graph, static graph =>
        NodeOrder.Of(graph.Rewards is { } rewards ? [.. graph.Losses, rewards.Chosen, rewards.Rejected] : graph.Losses)
            .Any(n => n.Axis == Axis.Batch && (n.Operation.IsSortOrScan() || n.Operation == Operation.Quantile)));

    /// <summary>Evaluates a batch, after those that other threads evaluate on the device; on return the results are on their way.</summary>
    /// <exception cref="InvalidBatchException">A column holds what it may not.</exception>
    public void Evaluate(CudaBatch batch, CudaDestination destination, nint stream)
    {
        lock (copies.InUse)
        {
            EvaluateAlone(batch, destination, stream);
        }
    }

    private void EvaluateAlone(CudaBatch batch, CudaDestination destination, nint stream)
    {
        var (columns, upstream, mask) = Fetch(batch, stream);
        var losses = destination.Losses == 0 ? null : new float[batch.Rows * loss.Graph.Losses.Length];
        var (chosen, rejected) = destination.ChosenReward == 0 ? (null, null) : (new float[batch.Rows], new float[batch.Rows]);
        var gradients = destination.Gradients.Keys.ToDictionary(name => name, name => new float[columns[name].Length]);
        var (reduced, rows) = LossEvaluation<float>.Run(
            loss,
            PreferenceBatch.FromColumns(columns) with { ResponsesPerRow = batch.ResponsesPerRow, ResponseMask = mask, Scalars = batch.Scalars },
            upstream,
            new LossDestination<float>
            {
                Losses = losses,
                ChosenReward = chosen,
                RejectedReward = rejected,
                PolicyChosen = gradients.GetValueOrDefault(Columns.PolicyChosen),
                PolicyRejected = gradients.GetValueOrDefault(Columns.PolicyRejected),
                ReferenceChosen = gradients.GetValueOrDefault(Columns.ReferenceChosen),
                ReferenceRejected = gradients.GetValueOrDefault(Columns.ReferenceRejected),
                Policy = gradients.GetValueOrDefault(Columns.Policy),
                Reference = gradients.GetValueOrDefault(Columns.Reference),
                Other = gradients.Where(g => !Columns.LogProbabilities.Contains(g.Key)).ToDictionary(g => g.Key, g => (Memory<float>)g.Value),
            },
            new EvaluationOptions { Reduction = batch.Reduction, SingleRow = SingleRow.PyTorch });

        // The mean of no rows is NaN, as kernels have it.
        double[] scalars = [rows == 0 && upstream is null && batch.Reduction == Reduction.Mean ? double.NaN : reduced];
        if (chosen is not null)
        {
            var metrics = new RewardMetrics<float>(chosen, rejected!, columns.GetValueOrDefault(Columns.Weight));
            scalars = [.. scalars, metrics.MeanChosen, metrics.MeanRejected, metrics.Accuracy];
        }

        List<(nint Address, float[] Values)> written =
        [
            (destination.Losses, losses ?? []), (destination.ChosenReward, chosen ?? []), (destination.RejectedReward, rejected ?? []),
            .. gradients.Select(g => (destination.Gradients[g.Key], g.Value)),
        ];
        Send(written.FindAll(w => w.Values.Length > 0), destination.Scalars, scalars, stream);
    }

    private (Dictionary<string, float[]> Columns, float[]? Upstream, bool[]? Mask) Fetch(CudaBatch batch, nint stream)
    {
        copies.Clear();
        var responses = checked(batch.Rows * batch.ResponsesPerRow);
        var parts = loss.Graph.Inputs.Where(i => i.Shape != Shape.Scalar).ToDictionary(
            i => i.Name!, i => copies.Add<float>(CudaLoss.Column(batch, i.Name!), i.Shape == Shape.Responses ? responses : batch.Rows));
        if (batch.Columns.TryGetValue(Columns.Weight, out var weight))
        {
            parts[Columns.Weight] = copies.Add<float>(weight, batch.Rows);
        }

        int? upstream = batch.Upstream == 0 ? null : copies.Add<float>(batch.Upstream, checked(batch.Rows * loss.Graph.Losses.Length));
        int? mask = batch.ResponseMask == 0 ? null : copies.Add<byte>(batch.ResponseMask, responses);
        copies.Fetch(stream);
        return (
            parts.ToDictionary(p => p.Key, p => copies.Values<float>(p.Value).ToArray()),
            upstream is { } ofLosses ? copies.Values<float>(ofLosses).ToArray() : null,
            mask is { } bytes ? Array.ConvertAll(copies.Values<byte>(bytes).ToArray(), isThere => isThere != 0) : null);
    }

    private void Send(List<(nint Address, float[] Values)> written, nint scalarAddress, double[] scalars, nint stream)
    {
        copies.Clear();
        var parts = written.ConvertAll(w => copies.Add<float>(w.Address, w.Values.Length));
        var last = copies.Add<double>(scalarAddress, scalars.Length);
        foreach (var (part, (_, values)) in parts.Zip(written))
        {
            values.CopyTo(copies.Values<float>(part));
        }

        scalars.CopyTo(copies.Values<double>(last));
        copies.Send(stream);
    }
}
