using PreferenceLosses.Cuda;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The log-probability of one label for each row of a chunk of logits, and its derivative, by the core or by the kernels of PreferenceLosses.Cuda.</summary>
internal abstract class RowSoftmax
{
    /// <summary>For tensors that are where this one is.</summary>
    public static RowSoftmax For(Tensor tensor) => CudaTensors.AreOnHost(tensor) ? new HostRowSoftmax() : new CudaRowSoftmax();

    /// <summary>log p of the label of each row, in nats, [rows], and what <see cref="Differentiate"/> needs.</summary>
    /// <param name="logits">The logits, [rows, V], contiguous; at least one row.</param>
    /// <param name="labels">The labels, [rows], of type int32.</param>
    public abstract Tensor Forward(Tensor logits, Tensor labels);

    /// <summary>Writes onehot − softmax over the logits that <see cref="Forward"/> has read last.</summary>
    public abstract void Differentiate(Tensor logits, Tensor labels);
}

/// <summary>By the core; log-probabilities are in double precision.</summary>
internal sealed class HostRowSoftmax : RowSoftmax
{
    private readonly SequenceLogProbabilities core = new();
    private double[] ones = [];

    public override Tensor Forward(Tensor logits, Tensor labels)
    {
        var rows = checked((int)logits.size(0));
        core.Forward(
            LogitMemory.Logits(logits), new TokenSequences { Labels = FusedLoss.Values<int>(labels), Offsets = [0, rows] }, maxThreads: get_num_threads());
        GC.KeepAlive(logits);
        var result = empty([rows], ScalarType.Float64);
        core.Tokens.CopyTo(FusedLoss.Values<double>(result));
        return result;
    }

    public override void Differentiate(Tensor logits, Tensor labels)
    {
        if (ones.Length != logits.size(0))
        {
            ones = new double[logits.size(0)];
            Array.Fill(ones, 1.0);
        }

        core.BackwardTokens(LogitMemory.Logits(logits), ones, LogitMemory.Gradients(logits), get_num_threads());
        GC.KeepAlive(logits);
    }
}

/// <summary>By kernels, in single precision; nothing waits for the device. To them each row is a sequence of its own.</summary>
internal sealed class CudaRowSoftmax : RowSoftmax
{
    private Tensor? perRow;

    public override Tensor Forward(Tensor logits, Tensor labels)
    {
        var rows = logits.size(0);
        using var sums = empty(rows, ScalarType.Float32, logits.device);
        using var lengths = empty(rows, ScalarType.Float32, logits.device);
        using var offsets = Offsets(logits);
        perRow?.Dispose();
        perRow = empty(3, rows, ScalarType.Float32, logits.device);
        using var partials = CudaFusedLogProbabilities.Partials(logits);
        CudaFusedLogProbabilities.Kernels(logits).Forward(
            CudaFusedLogProbabilities.At(logits),
            At(labels, offsets),
            CudaFusedLogProbabilities.Results(perRow) with { Partials = partials is null ? 0 : Address(partials) },
            Address(sums),
            Address(lengths));
        return perRow[0].clone();
    }

    public override void Differentiate(Tensor logits, Tensor labels)
    {
        using var upstream = ones(logits.size(0), ScalarType.Float32, logits.device);
        using var rowUpstream = empty(logits.size(0), ScalarType.Float32, logits.device);
        using var offsets = Offsets(logits);
        var at = CudaFusedLogProbabilities.At(logits);
        CudaFusedLogProbabilities.Kernels(logits).Backward(
            at, At(labels, offsets), CudaFusedLogProbabilities.Results(perRow!), Address(upstream), Address(rowUpstream), at);
    }

    private static Tensor Offsets(Tensor logits) => arange(0, checked((int)logits.size(0) + 1), ScalarType.Int32, logits.device);

    private static CudaTokenSequences At(Tensor labels, Tensor offsets) =>
        new() { Labels = Address(labels), Offsets = Address(offsets), Count = checked((int)labels.size(0)) };

    private static nint Address(Tensor tensor) => CudaTensors.Current.Address(tensor);
}
