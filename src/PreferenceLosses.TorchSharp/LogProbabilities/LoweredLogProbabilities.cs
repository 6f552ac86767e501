using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Log-probabilities by log_softmax and gather, of the rows that count.</summary>
internal static class LoweredLogProbabilities
{
    public static TensorLogProbabilities Evaluate(Tensor logits, Tensor tokens, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var precision = logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var (sequences, length, vocabulary) = (logits.size(0), logits.size(1), logits.size(2));
        var (start, rows) = (Math.Min(length, 1), Math.Max(length - 1, 0));
        var counts = tokens.narrow(1, start, rows).ne(tensor((long)TokenSequences.IgnoredLabel));
        if (mask is not null)
        {
            counts = counts.logical_and(mask.narrow(1, start, rows).to_type(ScalarType.Bool));
        }

        // Only rows that count are looked at: the derivative of a NaN is NaN, whatever it is multiplied by.
        var places = counts.nonzero();
        var counted = (places.select(1, 0) * tensor(length)) + places.select(1, 1);
        var labels = tokens.reshape(sequences * length).index_select(0, counted + tensor(1L));
        var logProbabilities = logits.reshape(sequences * length, vocabulary).index_select(0, counted).to_type(precision).log_softmax(-1);
        var picked = logProbabilities.gather(-1, labels.unsqueeze(-1)).squeeze(-1);
        var sums = zeros(sequences * length, precision, logits.device).index_copy(0, counted, picked).view(sequences, length).sum(1);
        var lengths = counts.sum(1, type: precision);
        return new TensorLogProbabilities(LossRoute.Lowered, sums.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope(), null);
    }
}
