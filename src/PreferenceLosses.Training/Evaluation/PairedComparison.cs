namespace PreferenceLosses.Training;

/// <summary>Two policies, or anything else, compared where both were measured on the same things: what is difficult for both does not blur the difference.</summary>
/// <param name="Difference">The mean of the first minus that of the second, with Student's interval of the differences.</param>
/// <param name="WinRate">How often the first is higher, ties counting one half, with Wilson's interval.</param>
public sealed record PairedComparison(Estimate Difference, Estimate WinRate)
{
    /// <summary>Compares two lists of values.</summary>
    /// <param name="first">The values of the first.</param>
    /// <param name="second">The values of the second, of the same things in the same order.</param>
    /// <exception cref="ArgumentException">There are no values, or not as many of one as of the other.</exception>
    public static PairedComparison Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var difference = Differences(first, second);
        var wins = first.Zip(second, (a, b) => a > b ? 1 : a == b ? 0.5 : 0).Sum();
        return new(difference, Estimate.OfShare(wins, first.Count));
    }

    internal static Estimate Differences(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
        {
            throw new ArgumentException($"There are {first.Count} values of the first and {second.Count} of the second; they have to be of the same things.", nameof(second));
        }

        return Estimate.OfMean([.. first.Zip(second, (a, b) => a - b)]);
    }
}
