using System.Numerics;

namespace PreferenceLosses.Losses;

/// <summary>
/// LD-DPO (Liu et al. 2024, arXiv 2409.06411): the log-probability of a completion, in which what lies beyond the length of the shorter one of
/// the pair counts by a share. It changes how columns are summed, and any loss takes the columns.
/// </summary>
/// <remarks>TRL sums the reference's columns in the same way; LLaMA-Factory only the policy's.</remarks>
public static class LengthDesensitization
{
    /// <summary>Σ over the first tokens + share · Σ over the others.</summary>
    /// <param name="tokens">The log-probability of each token of the completion, in nats.</param>
    /// <param name="publicLength">The length that both completions of the pair have: the smaller one of the two.</param>
    /// <param name="share">α, from 0 to 1; 1 is the plain sum, and the paper suggests 0.5.</param>
    /// <typeparam name="T">The precision; sums are in double precision.</typeparam>
    /// <exception cref="ArgumentOutOfRangeException">The public length is not within the completion, or the share not within 0 and 1.</exception>
    public static double Sum<T>(ReadOnlySpan<T> tokens, int publicLength, double share)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(tokens.Length, publicLength, share);
        var sum = 0.0;
        for (var t = 0; t < tokens.Length; t++)
        {
            sum += (t < publicLength ? 1 : share) * double.CreateTruncating(tokens[t]);
        }

        return sum;
    }

    /// <summary>The gradient with respect to each token, from that with respect to the sum.</summary>
    /// <param name="upstream">The derivative of the objective with respect to the sum.</param>
    /// <param name="publicLength">As above.</param>
    /// <param name="share">As above.</param>
    /// <param name="destination">One value per token.</param>
    /// <typeparam name="T">The precision.</typeparam>
    /// <exception cref="ArgumentOutOfRangeException">As above.</exception>
    public static void Backward<T>(T upstream, int publicLength, double share, Span<T> destination)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(destination.Length, publicLength, share);
        destination[..publicLength].Fill(upstream);
        destination[publicLength..].Fill(upstream * T.CreateTruncating(share));
    }

    private static void Check(int length, int publicLength, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(publicLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(publicLength, length);
        if (share is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share has to be from 0 to 1.");
        }
    }
}
