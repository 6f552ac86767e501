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

    /// <summary>Turns scores into log-probabilities.</summary>
    public static void Log(ReadOnlySpan<float> scores, Span<double> destination)
    {
        double largest = TensorPrimitives.Max(scores);
        var sum = 0.0;
        for (var i = 0; i < scores.Length; i++)
        {
            destination[i] = scores[i] - largest;
            sum += Math.Exp(destination[i]);
        }

        var log = Math.Log(sum);
        for (var i = 0; i < scores.Length; i++)
        {
            destination[i] -= log;
        }
    }
}
