using System.Numerics;

namespace PreferenceLosses.Losses;

/// <summary>
/// KTO's baseline <c>kl</c>: how far the policy is from the reference, estimated on completions that belong to other prompts of the
/// batch. The trainer pairs prompts with completions, runs both models, and hands the log-probabilities over.
/// </summary>
public static class KtoBaseline
{
    /// <summary>
    /// The example whose completion goes with an example's prompt: the next one, and the first one for the last. Examples of one prompt must
    /// not stand side by side in the batch: their completions would not be mismatched.
    /// </summary>
    /// <param name="example">The example whose prompt it is.</param>
    /// <param name="count">The number of examples in the batch.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two examples, which leaves no other completion, or no such example.</exception>
    public static int MismatchedCompletion(int example, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(example);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(example, count);
        return (example + 1) % count;
    }

    /// <summary>max(0, mean(log π − log π_ref)) over mismatched completions.</summary>
    /// <param name="policy">log π of each mismatched completion, summed, in nats.</param>
    /// <param name="reference">log π_ref of the same.</param>
    /// <typeparam name="T">The precision of the columns; the mean is taken in double precision.</typeparam>
    /// <returns>The estimate, in nats; with several workers, gather the columns first: the clamp comes after the mean of all.</returns>
    /// <exception cref="ArgumentException">There are no completions, or not as many of the one as of the other.</exception>
    public static double Estimate<T>(ReadOnlySpan<T> policy, ReadOnlySpan<T> reference)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (policy.IsEmpty || policy.Length != reference.Length)
        {
            throw new ArgumentException(
                $"There are {policy.Length} values of the policy and {reference.Length} of the reference; as many of both, and at least one, are needed.",
                nameof(reference));
        }

        var sum = 0.0;
        for (var i = 0; i < policy.Length; i++)
        {
            sum += double.CreateTruncating(policy[i] - reference[i]);
        }

        return Math.Max(0, sum / policy.Length);
    }
}
