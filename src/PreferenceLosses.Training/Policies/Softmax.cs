using System.Numerics.Tensors;

namespace PreferenceLosses.Training;

/// <summary>Softmax in place, shifted by the largest score so that nothing overflows.</summary>
internal static class Softmax
{
    /// <summary>Turns scores into probabilities.</summary>
    /// <param name="scores">Scores, and then probabilities.</param>
    /// <param name="outcome">The outcome whose log-probability is wanted.</param>
    /// <returns>ln p(outcome); from its score, so that it does not underflow.</returns>
    public static double Apply(Span<float> scores, int outcome)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        var score = scores[outcome];
        TensorPrimitives.Exp<float>(scores, scores);
        var sum = TensorPrimitives.Sum<float>(scores);
        TensorPrimitives.Multiply(scores, 1 / sum, scores);
        return score - Math.Log(sum);
    }

    /// <summary>Turns scores into log-probabilities and probabilities, in double precision.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="logs">ln p of each outcome.</param>
    /// <param name="probabilities">p of each outcome.</param>
    public static void Log(ReadOnlySpan<float> scores, Span<double> logs, Span<double> probabilities)
    {
        TensorPrimitives.ConvertTruncating(scores, logs);
        TensorPrimitives.Subtract(logs, TensorPrimitives.Max<double>(logs), logs);
        TensorPrimitives.Exp<double>(logs, probabilities);
        var sum = TensorPrimitives.Sum<double>(probabilities);
        TensorPrimitives.Subtract(logs, Math.Log(sum), logs);
        TensorPrimitives.Multiply(probabilities, 1 / sum, probabilities);
    }
}
