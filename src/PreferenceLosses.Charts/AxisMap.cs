using System.Collections.Immutable;

namespace PreferenceLosses.Charts;

/// <summary>An axis whose ends are known: from numbers to shares of its length, from 0 at its beginning to 1 at its end.</summary>
internal sealed class AxisMap
{
    // What has fewer digits than numbers are drawn with.
    private const double Smallest = 1e-290;

    private readonly bool isLogarithmic;
    private readonly double from;
    private readonly double to;

    private AxisMap(bool isLogarithmic, double low, double high)
    {
        this.isLogarithmic = isLogarithmic;
        (Low, High) = (low, high);
        (from, to) = (Transformed(low), Transformed(high));
    }

    public double Low { get; }

    public double High { get; }

    /// <summary>The axis over some numbers, with a little room at the ends that are not given.</summary>
    /// <param name="axis">What is wanted.</param>
    /// <param name="name">"x" or "y", for messages.</param>
    /// <param name="values">The numbers that it has to show; they are finite.</param>
    /// <exception cref="ArgumentException">The ends that are given are no range, or not positive on a logarithmic axis.</exception>
    public static AxisMap Of(Axis axis, string name, IEnumerable<double> values)
    {
        const double room = 0.04;
        var isLogarithmic = axis.Scale == AxisScale.Logarithmic;
        if (isLogarithmic && (axis.Minimum <= 0 || axis.Maximum <= 0))
        {
            throw new ArgumentException($"The logarithmic {name} axis goes from {axis.Minimum} to {axis.Maximum}; its ends have to be positive.");
        }

        double smallest = double.PositiveInfinity, largest = double.NegativeInfinity;
        foreach (var value in values)
        {
            smallest = Math.Min(smallest, value);
            largest = Math.Max(largest, value);
        }

        if (smallest > largest)
        {
            (smallest, largest) = isLogarithmic ? (1, 10) : (0, 1);
        }

        // In logarithms where the axis is logarithmic. Halves, because a difference of large numbers overflows.
        // Numbers that rounding alone may have made different are drawn as equal ones are. The largest numbers that there are lie off the axis, which is one for them too.
        var (low, high) = isLogarithmic ? (Math.Log10(smallest), Math.Log10(largest)) : (smallest, largest);
        var margin = IsRange(low, high) ? ((high / 2) - (low / 2)) * 2 * room
            : isLogarithmic ? 0.15
            : Math.Max(Math.Abs(low), Math.Abs(high)) is var size && size < Smallest ? 0.5
            : size * 0.05;
        low = Math.Clamp(low - margin, double.MinValue / 4, double.MaxValue / 8);
        high = Math.Clamp(high + margin, double.MinValue / 8, double.MaxValue / 4);
        var (least, most) = isLogarithmic ? (Math.Pow(10, Math.Clamp(low, -323, 306)), Math.Pow(10, Math.Clamp(high, -322, 307))) : (low, high);

        // An end that is given may leave nothing between it and the data's.
        var minimum = axis.Minimum ?? (axis.Maximum is { } end && least >= end ? Before(end, isLogarithmic) : least);
        var maximum = axis.Maximum ?? (axis.Minimum is { } start && most <= start ? After(start, isLogarithmic) : most);
        return IsRange(isLogarithmic ? Math.Log10(minimum) : minimum, isLogarithmic ? Math.Log10(maximum) : maximum)
            ? new AxisMap(isLogarithmic, minimum, maximum)
            : throw new ArgumentException($"The {name} axis goes from {minimum} to {maximum}; the end has to be above the beginning.");
    }

    /// <summary>Where a number stands: 0 at the beginning, 1 at the end, and beyond them outside.</summary>
    public double Share(double value) => (Transformed(value) - from) / (to - from);

    /// <summary>Whether a number is on the axis.</summary>
    public bool Contains(double value) => value >= Low && value <= High;

    /// <summary>Places with numbers, no more than there is room for.</summary>
    public ImmutableArray<Tick> TicksOf(int most) => isLogarithmic ? Ticks.Logarithmic(Low, High, most) : Ticks.Linear(Low, High, most);

    /// <summary>Places of small marks.</summary>
    public IEnumerable<double> MinorTicks() => isLogarithmic ? Ticks.Minor(Low, High) : [];

    /// <summary>Whether there are numbers between two, in double precision, for ticks to stand at.</summary>
    private static bool IsRange(double low, double high) =>
        (high / 2) - (low / 2) > Math.Max(Smallest, 1e-12 * Math.Max(Math.Abs(low), Math.Abs(high)));

    private static double Before(double end, bool isLogarithmic) => isLogarithmic ? end / 10 : end - Math.Max(1, Math.Abs(end));

    private static double After(double start, bool isLogarithmic) => isLogarithmic ? start * 10 : start + Math.Max(1, Math.Abs(start));

    private double Transformed(double value) => isLogarithmic ? Math.Log10(value) : value;
}
