using System.Globalization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace PreferenceLosses.Training;

/// <summary>A number that was estimated from a sample, with its confidence interval.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Lower">The lower end of the interval.</param>
/// <param name="Upper">The upper end.</param>
/// <param name="Count">How many observations it is from.</param>
public readonly record struct Estimate(double Value, double Lower, double Upper, int Count)
{
    /// <summary>The confidence of the interval where none is asked for.</summary>
    public const double UsualConfidence = 0.95;

    /// <summary>A share of successes, with Wilson's interval (1927), which is right for small samples and shares near 0 and 1.</summary>
    /// <param name="successes">How many succeeded; ties are halves.</param>
    /// <param name="count">Of how many; at least 1. They have to be independent.</param>
    /// <param name="confidence">The confidence, between 0 and 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are none, more successes than all, or the confidence is not between 0 and 1.</exception>
    public static Estimate OfShare(double successes, int count, double confidence = UsualConfidence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, count);
        var z = Normal.InvCDF(0, 1, Quantile(confidence));
        var share = successes / count;
        var shrink = 1 + (z * z / count);
        var centre = (share + (z * z / (2 * count))) / shrink;
        var half = z / shrink * Math.Sqrt((share * (1 - share) / count) + (z * z / (4.0 * count * count)));

        // Of none and of all an end is 0 or 1, which rounding may miss.
        return new(share, successes == 0 ? 0 : Math.Max(0, centre - half), successes == count ? 1 : Math.Min(1, centre + half), count);
    }

    /// <summary>A mean, with Student's interval: right for values that are about normal, or many.</summary>
    /// <param name="values">Independent observations, at least one. Of one the interval is everything.</param>
    /// <param name="confidence">The confidence, between 0 and 1.</param>
    /// <exception cref="ArgumentException">There are no values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The confidence is not between 0 and 1.</exception>
    public static Estimate OfMean(IReadOnlyList<double> values, double confidence = UsualConfidence)
    {
        ArgumentNullException.ThrowIfNull(values);
        var quantile = Quantile(confidence);
        switch (values.Count)
        {
            case 0:
                throw new ArgumentException("The mean of no values is not defined.", nameof(values));
            case 1:
                return new(values[0], double.NegativeInfinity, double.PositiveInfinity, 1);
        }

        var (mean, deviation) = values.MeanStandardDeviation();
        var half = StudentT.InvCDF(0, 1, values.Count - 1, quantile) * deviation / Math.Sqrt(values.Count);
        return new(mean, mean - half, mean + half, values.Count);
    }

    /// <summary>Whether a value is outside of the interval.</summary>
    /// <param name="value">The value.</param>
    public bool Excludes(double value) => value < Lower || value > Upper;

    /// <summary>"0.567 (0.542 to 0.592)".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value:G4} ({Lower:G4} to {Upper:G4})");

    private static double Quantile(double confidence) => confidence is > 0 and < 1
        ? (1 + confidence) / 2
        : throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "The confidence has to be between 0 and 1.");
}
