using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>A loss by operations of libtorch.</summary>
internal static class LoweredLoss
{
    public static TensorLossResult Evaluate(IPreferenceLoss loss, TensorBatch given, EvaluationOptions options)
    {
        using var scope = NewDisposeScope();
        var graph = loss.Graph;
        var batch = PreparedBatch.Of(graph, given, options.SingleRow, leavesRowsOut: true);
        var (halves, rewards) = LoweredGraph.Of(graph).Evaluate(graph, loss.Parameters, batch);
        var losses = halves.Length == 1 ? halves[0] : cat(halves);
        var value = Reduce(losses, batch, options.Reduction);
        losses = batch.Scatter(losses);
        losses = Owned(losses, batch).MoveToOuterDisposeScope();
        var rewardTensors = rewards.Length == 0 ? null : new TensorRewards(
            Owned(batch.Scatter(rewards[0]), batch).MoveToOuterDisposeScope(),
            Owned(batch.Scatter(rewards[1]), batch).MoveToOuterDisposeScope(),
            batch.Kept?.MoveToOuterDisposeScope());
        return new TensorLossResult(batch.Rows, value?.MoveToOuterDisposeScope(), losses, rewardTensors);
    }

    /// <summary>Σ w·ℓ, divided by the number of losses for the mean; null for the mean of nothing.</summary>
    private static Tensor? Reduce(Tensor losses, PreparedBatch batch, Reduction reduction)
    {
        if (batch.Rows == 0 && reduction == Reduction.Mean)
        {
            return null;
        }

        var weighted = batch.Weight is null ? losses : losses * (losses.size(0) == batch.Rows ? batch.Weight : batch.Weight.repeat(2));
        return reduction == Reduction.Mean ? weighted.mean() : weighted.sum();
    }

    /// <summary>A result is a tensor of its own: a formula may be a column as it stands, or one number repeated.</summary>
    private static Tensor Owned(Tensor result, PreparedBatch batch) =>
        result.is_contiguous() && !batch.Inputs.Any(input => ReferenceEquals(input, result)) ? result : result.clone();
}
