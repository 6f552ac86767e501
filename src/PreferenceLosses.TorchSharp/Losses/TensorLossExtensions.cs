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
    /// The fused route refuses values that are not finite, naming the column and the row. The lowered one looks at no value, for which it would have to
    /// wait for the device: as in any PyTorch code NaN gives NaN.
    /// </remarks>
    /// <exception cref="InvalidBatchException">
    /// A tensor is missing, or has another shape, type or device than is needed; there are too few rows; or, in the fused route, a value is refused.
    /// </exception>
    /// <exception cref="NotSupportedException">The fused route was asked for tensors that are not on the CPU.</exception>
    public static TensorLossResult Evaluate(
        this IPreferenceLoss loss, TensorBatch batch, EvaluationOptions options = default, LossRoute route = LossRoute.Automatic)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(batch);
        options = options.MaxThreads == 0 ? options with { MaxThreads = get_num_threads() } : options;
        return route switch
        {
            LossRoute.Fused => FusedLoss.Evaluate(loss, batch, options),
            LossRoute.Lowered => LoweredLoss.Evaluate(loss, batch, options),
            LossRoute.Automatic => IsOnCpu(batch) ? FusedLoss.Evaluate(loss, batch, options) : LoweredLoss.Evaluate(loss, batch, options),
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

    private static bool IsOnCpu(TensorBatch batch)
    {
        foreach (var name in batch.Names)
        {
            if (!batch[name].IsInvalid)
            {
                return batch[name].device_type == TorchSharp.DeviceType.CPU;
            }
        }

        return true;
    }
}
