using System.Collections.Immutable;

namespace PreferenceLosses.Charts;

/// <summary>How the points of a series are drawn.</summary>
public enum SeriesStyle
{
    /// <summary>A line through the points, in their order.</summary>
    Line,

    /// <summary>A marker at each point.</summary>
    Markers,

    /// <summary>Both.</summary>
    LineAndMarkers,
}

/// <summary>How far the vertical intervals of points are shown.</summary>
public enum IntervalStyle
{
    /// <summary>As a bar through each point.</summary>
    Bars,

    /// <summary>As a band along the line.</summary>
    Band,
}

/// <summary>A range of uncertainty, such as a confidence interval.</summary>
/// <param name="Low">Where it begins.</param>
/// <param name="High">Where it ends.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>A point of a series. One that is not finite is not drawn, and leaves a gap in the line.</summary>
/// <param name="X">The number on the horizontal axis.</param>
/// <param name="Y">The number on the vertical axis.</param>
public readonly record struct ChartPoint(double X, double Y)
{
    /// <summary>A horizontal interval, drawn as a bar; null for none.</summary>
    public Interval? XInterval { get; init; }

    /// <summary>A vertical interval, drawn as <see cref="Series.Intervals"/> says; null for none.</summary>
    public Interval? YInterval { get; init; }

    /// <summary>A text beside the point; null for none. It is left out where it would cover another one.</summary>
    public string? Label { get; init; }

    internal bool IsFinite => double.IsFinite(X) && double.IsFinite(Y);
}

/// <summary>Points that belong together: one colour, one marker, one line of the legend.</summary>
/// <param name="Name">What the legend says; a series with an empty name is not in it.</param>
/// <param name="Points">The points, in the order in which a line connects them.</param>
public sealed record Series(string Name, params ImmutableArray<ChartPoint> Points)
{
    /// <summary>How the points are drawn.</summary>
    public SeriesStyle Style { get; init; }

    /// <summary>How the vertical intervals of the points are drawn.</summary>
    public IntervalStyle Intervals { get; init; }

    /// <summary>A series from two columns of equal length.</summary>
    /// <param name="name">What the legend says.</param>
    /// <param name="x">The horizontal numbers.</param>
    /// <param name="y">The vertical ones.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static Series Of(string name, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new ArgumentException($"x has {x.Length} numbers and y {y.Length}; equal lengths are accepted.", nameof(y));
        }

        var points = ImmutableArray.CreateBuilder<ChartPoint>(x.Length);
        for (var i = 0; i < x.Length; i++)
        {
            points.Add(new ChartPoint(x[i], y[i]));
        }

        return new Series(name, points.MoveToImmutable());
    }
}
