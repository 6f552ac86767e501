using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Log-probabilities by log_softmax and gather.</summary>
internal static class LoweredLogProbabilities
{
    public static TensorLogProbabilities Evaluate(Tensor logits, Tensor tokens, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var precision = logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var rows = Math.Max(logits.size(1) - 1, 0);
        var start = Math.Min(logits.size(1), 1);
        var labels = tokens.narrow(1, start, rows);
        var counts = labels.ne(tensor((long)TokenSequences.IgnoredLabel));
        if (mask is not null)
        {
            counts = counts.logical_and(mask.narrow(1, start, rows).to_type(ScalarType.Bool));
        }

        var logProbabilities = logits.narrow(1, 0, rows).to_type(precision).log_softmax(-1);
        var zero = precision == ScalarType.Float64 ? tensor(0.0) : tensor(0f);
        var picked = logProbabilities.gather(-1, where(counts, labels, tensor(0L).to(logits.device)).unsqueeze(-1)).squeeze(-1);
        var sums = where(counts, picked, zero.to(logits.device)).sum(1);
        var lengths = counts.sum(1, type: precision);
        return new TensorLogProbabilities(LossRoute.Lowered, sums.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope(), null);
    }
}
