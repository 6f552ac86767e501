using System.Numerics;

namespace PreferenceLosses.Losses;

/// <summary>The mean of everything seen so far: BCO's shift, updated with a batch's rewards before they are used.</summary>
public sealed class RunningMean
{
    /// <summary>The mean; 0 before anything was seen.</summary>
    public double Value { get; private set; }

    /// <summary>How many values were seen.</summary>
    public long Count { get; private set; }

    /// <summary>The running mean that had these values: for a trainer that goes on from a checkpoint.</summary>
    /// <param name="value">Its <see cref="Value"/>; finite.</param>
    /// <param name="count">Its <see cref="Count"/>; 0 or greater.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite, or the count negative.</exception>
    public static RunningMean Restore(double value, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return double.IsFinite(value)
            ? new RunningMean { Value = value, Count = count }
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The mean has to be finite.");
    }

    /// <summary>Adds values, and returns the mean.</summary>
    /// <param name="values">Finite values, such as rewards in nats.</param>
    /// <typeparam name="T">Their precision.</typeparam>
    /// <exception cref="ArgumentException">A value is not finite; nothing was added.</exception>
    public double Update<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Moments.CheckFinite(values);
        foreach (var value in values)
        {
            Count++;
            Value += (double.CreateTruncating(value) - Value) / Count;
        }

        return Value;
    }
}

/// <summary>
/// Exponentially weighted mean and standard deviation of a quantity that is seen batch by batch: the running moments of β-DPO
/// (of ρ) and α-DPO (of ρ̄).
/// </summary>
/// <remarks>
/// The first batch is taken as it is, where the code of β-DPO starts at 0; the deviation is the population's, where that code has the unbiased
/// one (√2 times this at two rows). A batch without spread does not enter the deviation.
/// </remarks>
/// <param name="decay">The share of the past, from 0 to below 1; β-DPO uses 0.9.</param>
public sealed class MovingMoments(double decay)
{
    private readonly double decay = decay is >= 0 and < 1
        ? decay
        : throw new ArgumentOutOfRangeException(nameof(decay), decay, "The share of the past has to be from 0 to below 1.");

    /// <summary>Whether anything was seen.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Whether any spread was seen.</summary>
    public bool HasSpread { get; private set; }

    /// <summary>The mean; 0 before anything was seen.</summary>
    public double Mean { get; private set; }

    /// <summary>The standard deviation, of the population; 1 before any spread was seen, so that it can divide.</summary>
    public double Deviation { get; private set; } = 1;

    /// <summary>The moments that had these values: for a trainer that goes on from a checkpoint.</summary>
    /// <param name="decay">The share of the past.</param>
    /// <param name="mean">The <see cref="Mean"/>; null if it was not <see cref="IsStarted"/>.</param>
    /// <param name="deviation">The <see cref="Deviation"/>; null if it did not <see cref="HasSpread"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite, the deviation not above 0, or the decay not accepted.</exception>
    public static MovingMoments Restore(double decay, double? mean, double? deviation)
    {
        if (mean is { } given && !double.IsFinite(given))
        {
            throw new ArgumentOutOfRangeException(nameof(mean), mean, "The mean has to be finite.");
        }

        if (deviation is { } spread && !(spread > 0 && double.IsFinite(spread)))
        {
            throw new ArgumentOutOfRangeException(nameof(deviation), deviation, "The deviation has to be finite and above 0.");
        }

        return new(decay) { Mean = mean ?? 0, IsStarted = mean is not null, Deviation = deviation ?? 1, HasSpread = deviation is not null };
    }

    /// <summary>Takes in a batch: the first one as it is, later ones with a share of 1 − decay.</summary>
    /// <param name="values">The batch's values; at least one, all finite.</param>
    /// <typeparam name="T">Their precision.</typeparam>
    /// <exception cref="ArgumentException">There is no value, or one that is not finite; nothing was taken in.</exception>
    public void Update<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Moments.CheckFinite(values);
        if (values.IsEmpty)
        {
            throw new ArgumentException("A batch needs at least one value.", nameof(values));
        }

        var (mean, deviation) = Moments.Of(values);
        var past = IsStarted ? decay : 0;
        Mean = (past * Mean) + ((1 - past) * mean);
        IsStarted = true;
        if (deviation > 0)
        {
            past = HasSpread ? decay : 0;
            Deviation = (past * Deviation) + ((1 - past) * deviation);
            HasSpread = true;
        }
    }
}

/// <summary>What both need of a batch.</summary>
internal static class Moments
{
    public static void CheckFinite<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!T.IsFinite(values[i]))
            {
                throw new ArgumentException($"Value {i} is not finite; it would stay in every later result.", nameof(values));
            }
        }
    }

    public static (double Mean, double Deviation) Of<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // From the first value on, so that the mean of equal numbers is that number: otherwise they would have a spread of rounding errors.
        var first = double.CreateTruncating(values[0]);
        var mean = first;
        foreach (var value in values)
        {
            mean += (double.CreateTruncating(value) - first) / values.Length;
        }

        var variance = 0.0;
        foreach (var value in values)
        {
            variance += Math.Pow(double.CreateTruncating(value) - mean, 2) / values.Length;
        }

        return (mean, Math.Sqrt(variance));
    }
}
