using System.Numerics;
using System.Numerics.Tensors;

namespace PreferenceLosses.Training;

/// <summary>Draws the next token from a model's scores: what a policy needs for <see cref="IPolicy.Sample"/>.</summary>
public static class NextToken
{
    /// <summary>Draws a token with temperature and top-p. The stream moves on by one number.</summary>
    /// <param name="scores">The logit or the log-probability of each token, in nats; overwritten. −∞ for a token that is not to be drawn.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="random">Where randomness comes from.</param>
    /// <exception cref="ArgumentException">There is no score, one is NaN or +∞, or all are −∞.</exception>
    public static int Draw(Span<double> scores, SamplingOptions options, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        var largest = scores.IsEmpty ? double.NaN : TensorPrimitives.Max<double>(scores);
        if (!double.IsFinite(largest))
        {
            throw new ArgumentException($"The largest of {scores.Length} scores is {largest}; a finite number is needed, and no score may be NaN.", nameof(scores));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = Math.Exp((scores[i] - largest) / options.Temperature);
        }

        if (options.TopP == 1)
        {
            return Draw<double>(scores, random);
        }

        // Likeliest first; equally likely tokens in their order.
        double[] weights = [.. scores];
        int[] order = [.. Enumerable.Range(0, weights.Length)];
        Array.Sort(order, (a, b) => weights[b].CompareTo(weights[a]) is not 0 and var byProbability ? byProbability : a.CompareTo(b));
        var wanted = options.TopP * weights.Sum();
        var kept = 0;
        for (var sum = 0.0; kept < order.Length && sum < wanted; kept++)
        {
            sum += weights[order[kept]];
        }

        return order[Draw<double>([.. order.Take(kept).Select(token => weights[token])], random)];
    }

    /// <summary>An outcome drawn in proportion to weights, whose sum may be off 1.</summary>
    internal static int Draw<T>(ReadOnlySpan<T> weights, RandomStream random)
        where T : INumber<T>
    {
        var sum = 0.0;
        foreach (var weight in weights)
        {
            sum += double.CreateTruncating(weight);
        }

        var rest = random.NextDouble() * sum;
        var likely = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            var weight = double.CreateTruncating(weights[i]);
            if (weight > 0)
            {
                likely = i;
                rest -= weight;
                if (rest < 0)
                {
                    break;
                }
            }
        }

        return likely;
    }
}
