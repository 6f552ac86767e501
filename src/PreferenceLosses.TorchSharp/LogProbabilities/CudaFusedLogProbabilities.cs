using PreferenceLosses.Cuda;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Log-probabilities by the kernels of PreferenceLosses.Cuda, on the memory of the logits. Nothing waits for the device.</summary>
internal static class CudaFusedLogProbabilities
{
    public static TensorLogProbabilities Evaluate(Tensor given, Tensor tokens, Tensor? mask, bool inPlace)
    {
        FusedLogProbabilities.Check(given, inPlace);
        using var scope = NewDisposeScope();
        var logits = given.contiguous();
        var (rows, areValid) = CudaTokenRows.Shifted(tokens, mask, logits.size(2));
        var perRow = empty(3, rows.Count, ScalarType.Float32, logits.device);
        var sums = zeros(rows.Sequences, ScalarType.Float32, logits.device);
        var lengths = zeros(rows.Sequences, ScalarType.Float32, logits.device);
        if (rows.Count > 0)
        {
            var partials = Partials(logits) is { } shared ? Address(shared) : 0;
            Kernels(logits).Forward(At(logits), rows.At(), Results(perRow) with { Partials = partials }, Address(sums), Address(lengths));
        }

        // A token outside of the vocabulary has no log-probability; to refuse it would be to wait for the device.
        sums = sums.masked_fill(areValid.logical_not(), float.NaN);
        BackwardPass? pass = null;
        if (is_grad_enabled() && given.requires_grad)
        {
            pass = new BackwardPass();
            var isOverwritten = false;
            Tensor[] Back(List<Tensor> saved, Tensor upstream)
            {
                if (isOverwritten)
                {
                    throw new InvalidOperationException("The logits were overwritten with their gradient (in place); there is no second way back from them.");
                }

                isOverwritten = inPlace;
                using var backScope = NewDisposeScope();
                return [Gradient(saved[0].detach(), CudaTokenRows.Of(saved[1], saved[2]), saved[3], upstream.contiguous(), inPlace).MoveToOuterDisposeScope()];
            }

            sums = SavingLossFunction.apply(
                logits,
                new SavingLossFunction.Arguments(sums, [logits, rows.Labels, rows.Offsets, perRow], Back, [GradientForm.Of(logits)], pass));
        }

        return new TensorLogProbabilities(LossRoute.Fused, sums.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope(), pass);
    }

    private static Tensor Gradient(Tensor logits, CudaTokenRows rows, Tensor perRow, Tensor upstream, bool inPlace)
    {
        var gradient = inPlace ? logits : empty_like(logits);
        if (rows.Count > 0)
        {
            var rowUpstream = empty(rows.Count, ScalarType.Float32, logits.device);
            Kernels(logits).Backward(At(logits), rows.At(), Results(perRow), Address(upstream), Address(rowUpstream), At(gradient));
        }

        return gradient;
    }

    /// <summary>The kernels of the device of a tensor.</summary>
    public static CudaSequenceLogProbabilities Kernels(Tensor tensor) => new(CudaTensors.DeviceOf(tensor));

    /// <summary>The memory that blocks need to share rows of logits [..., V] on the way forward; null if they do not.</summary>
    public static Tensor? Partials(Tensor logits)
    {
        var at = At(logits);
        var bytes = CudaSequenceLogProbabilities.PartialBytes(at.Rows, at.Vocabulary);
        return bytes == 0 ? null : empty(bytes, ScalarType.Byte, logits.device);
    }

    private static nint Address(Tensor tensor) => CudaTensors.Current.Address(tensor);

    /// <summary>Contiguous logits [..., V] as kernels read them.</summary>
    public static CudaLogits At(Tensor logits) => new()
    {
        Address = Address(logits),
        Format = LogitMemory.Format(logits.dtype)!.Value,
        Rows = checked((int)(logits.numel() / logits.size(-1))),
        Vocabulary = checked((int)logits.size(-1)),
    };

    /// <summary>Where there are the three numbers of each row, [3, rows].</summary>
    public static CudaTokenResults Results(Tensor perRow)
    {
        var (first, distance) = (Address(perRow), (nint)perRow.size(1) * sizeof(float));
        return new CudaTokenResults { Tokens = first, Maxima = first + distance, LogSums = first + (2 * distance) };
    }
}
