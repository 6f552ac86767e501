using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Losses of tensors.</summary>
public static class TensorLossExtensions
{
    /// <summary>The loss of a batch of tensors, as part of TorchSharp's autograd graph.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="options">The reduction, and more. The number of threads is that of the fused route; 0 means as many as libtorch uses.</param>
    /// <param name="route">How it is computed.</param>
    /// <remarks>
    /// On the CPU the fused route refuses values that are not finite, naming the column and the row. On a GPU, and lowered, no value is looked at, for which it
    /// would be necessary to wait for the device: as in any PyTorch code NaN gives NaN, and so does the mean where every row has weight 0.
    /// </remarks>
    /// <exception cref="InvalidBatchException">
    /// A tensor is missing, or has another shape, type or device than is needed; there are too few rows; or, in the fused route, a value is refused.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The fused route was asked for what it does not do: tensors that are neither on the CPU nor on a CUDA device; and on a CUDA device, double precision or a loss
    /// that sorts or scans its batch.
    /// </exception>
    /// <exception cref="Cuda.CudaException">The fused route on a GPU: the driver refused a call.</exception>
    public static TensorLossResult Evaluate(
        this IPreferenceLoss loss, TensorBatch batch, EvaluationOptions options = default, LossRoute route = LossRoute.Automatic)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(batch);
        options = options.MaxThreads == 0 ? options with { MaxThreads = get_num_threads() } : options;
        var first = FirstColumn(loss, batch);
        var isOnHost = first is null || CudaTensors.AreOnHost(first);
        return route switch
        {
            LossRoute.Fused when isOnHost => FusedLoss.Evaluate(loss, batch, options),
            LossRoute.Fused when CudaTensors.Current.AreOnDevice(first!) => CudaFusedLoss.Evaluate(loss, batch, options),
            LossRoute.Fused => throw CudaTensors.Refuse(first!),
            LossRoute.Lowered => LoweredLoss.Evaluate(loss, batch, options),
            LossRoute.Automatic => isOnHost ? FusedLoss.Evaluate(loss, batch, options) : LoweredLoss.Evaluate(loss, batch, options),
            _ => throw new ArgumentOutOfRangeException(nameof(route), route, "Automatic, Lowered or Fused is accepted."),
        };
    }

    /// <summary>The loss of a batch of pairs, as part of TorchSharp's autograd graph; the other overload has more to choose.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="policyChosen">log π(chosen | prompt), summed, in nats; [rows].</param>
    /// <param name="policyRejected">log π(rejected | prompt), summed, in nats; [rows].</param>
    /// <param name="referenceChosen">log π_ref(chosen | prompt); [rows]. Null for a loss without a reference.</param>
    /// <param name="referenceRejected">log π_ref(rejected | prompt); [rows]. Null for a loss without a reference.</param>
    /// <exception cref="InvalidBatchException">As for the other overload.</exception>
    public static TensorLossResult Evaluate(
        this IPreferenceLoss loss, Tensor policyChosen, Tensor policyRejected, Tensor? referenceChosen = null, Tensor? referenceRejected = null) =>
        loss.Evaluate(new TensorBatch(policyChosen, policyRejected, referenceChosen, referenceRejected));

    /// <summary>
    /// The loss of a batch of pairs from the last hidden states and the weight of a linear head, as part of TorchSharp's autograd graph, without the logits of the whole
    /// batch: rows are taken in chunks. The columns <c>policy_chosen</c>, <c>policy_rejected</c>, <c>chosen_length</c> and <c>rejected_length</c> are computed here.
    /// </summary>
    /// <param name="loss">A loss of pairs.</param>
    /// <param name="hidden">The hidden states, [2·pairs, T, H]: first all chosen completions, then all rejected ones in the same order.</param>
    /// <param name="head">The weight of the head, [V, H], of the type of the hidden states; logits are hidden · headᵀ.</param>
    /// <param name="tokens">The tokens that the model read, [2·pairs, T], of type int64; the hidden states at position t predict token t + 1.</param>
    /// <param name="mask">Which tokens are part of the completion, [2·pairs, T], of type bool or of integers; null for all. Nothing is computed for the others.</param>
    /// <param name="others">The other columns that the loss reads, [pairs]: the reference above all, and the weights. Null for none.</param>
    /// <param name="options">The reduction, and more.</param>
    /// <param name="chunk">The most rows whose logits are there at a time.</param>
    /// <param name="route">Fused: in chunks, on the CPU and on CUDA devices. Lowered: all logits at once.</param>
    /// <remarks>
    /// <para>
    /// If the head is trained and the loss of a pair depends on this pair alone, the gradients of hidden states and head are computed on the way forward while the logits are
    /// there, and the way back multiplies them; <see cref="HiddenLossResult.HeadGradient"/> says whether it was so. That takes memory for two gradients of the head, or
    /// three if the loss is not one of the difference of the log-probabilities, and no more for a pair that fits into a chunk.
    /// </para>
    /// <para>Of a pair of weight 0 nothing is computed. On a GPU the way forward waits once, for tokens, mask and weights, to know how many rows count.</para>
    /// </remarks>
    /// <exception cref="InvalidBatchException">
    /// A tensor is missing, or has another shape, type or device than is needed; a token is outside of the vocabulary; a column is given that is computed here; or,
    /// fused on the CPU, a value is refused.
    /// </exception>
    /// <exception cref="ArgumentException">The loss is not one of pairs.</exception>
    /// <exception cref="NotSupportedException">The fused route was asked for what it does not do, as for the loss and for <see cref="TensorLogProbabilities.FromHidden"/>.</exception>
    /// <exception cref="Cuda.CudaException">The fused route on a GPU: the driver refused a call.</exception>
    public static HiddenLossResult EvaluateFromHidden(
        this IPreferenceLoss loss,
        Tensor hidden,
        Tensor head,
        Tensor tokens,
        Tensor? mask = null,
        TensorBatch? others = null,
        EvaluationOptions options = default,
        int chunk = 256,
        LossRoute route = LossRoute.Automatic)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(hidden);
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        return HiddenLoss.Evaluate(loss, new HiddenPairs(hidden, head, tokens, mask, others ?? new TensorBatch(), chunk), options, route);
    }

    /// <summary>The first column that the loss reads; the others have to be where it is. Null if there is none, which the checks of every route say.</summary>
    private static Tensor? FirstColumn(IPreferenceLoss loss, TensorBatch batch)
    {
        foreach (var input in loss.Graph.Inputs)
        {
            if (batch.TryGet(input.Name!, out var column) && !column.IsInvalid)
            {
                return column;
            }
        }

        return null;
    }
}
