using PreferenceLosses.Cuda;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The label of every row of [B, T] logits, after the shift, on the tokens' device.</summary>
internal sealed class CudaTokenRows
{
    private CudaTokenRows(Tensor labels, Tensor offsets) => (Labels, Offsets) = (labels, offsets);

    /// <summary>The token that each row predicts, [B, T], of type int32; <see cref="TokenSequences.IgnoredLabel"/> where none counts.</summary>
    public Tensor Labels { get; }

    /// <summary>Where sequences start, [B + 1], of type int32.</summary>
    public Tensor Offsets { get; }

    public int Sequences => checked((int)Labels.size(0));

    public int Count => checked((int)Labels.numel());

    /// <summary>The labels of tokens, and which sequences have tokens of the vocabulary alone, [B]; tokens of no vocabulary do not count.</summary>
    public static (CudaTokenRows Rows, Tensor AreValid) Shifted(Tensor tokens, Tensor? mask, long vocabulary)
    {
        using var _ = no_grad();
        var (sequences, length) = (tokens.size(0), tokens.size(1));
        var (start, predicting) = (Math.Min(length, 1), Math.Max(length - 1, 0));
        var next = tokens.narrow(1, start, predicting);
        var counts = next.ne(tensor((long)TokenSequences.IgnoredLabel));
        if (mask is not null)
        {
            counts = counts.logical_and(mask.narrow(1, start, predicting).to_type(ScalarType.Bool));
        }

        var isInVocabulary = next.ge(tensor(0L)).logical_and(next.lt(tensor(vocabulary)));
        var labels = zeros(sequences, length, ScalarType.Int32, tokens.device).fill_(TokenSequences.IgnoredLabel);
        labels.narrow(1, 0, predicting).copy_(next.masked_fill(counts.logical_and(isInVocabulary).logical_not(), TokenSequences.IgnoredLabel));
        var offsets = length == 0
            ? zeros(sequences + 1, ScalarType.Int32, tokens.device)
            : arange(0, checked((int)((sequences * length) + 1)), length, ScalarType.Int32, tokens.device);
        return (new CudaTokenRows(labels, offsets), isInVocabulary.logical_or(counts.logical_not()).all(1));
    }

    /// <summary>Labels and offsets that were saved.</summary>
    public static CudaTokenRows Of(Tensor labels, Tensor offsets) => new(labels, offsets);

    /// <summary>As kernels read them; the tensors have to live as long.</summary>
    public CudaTokenSequences At() => new()
    {
        Labels = CudaTensors.Current.Address(Labels),
        Offsets = CudaTensors.Current.Address(Offsets),
        Count = Sequences,
    };
}
