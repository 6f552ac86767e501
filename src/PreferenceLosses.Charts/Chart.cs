using System.Collections.Immutable;
using System.Text;

namespace PreferenceLosses.Charts;

/// <summary>
/// A chart of lines and points, as SVG: training curves, frontiers with error bars, anything over two axes. The same chart gives the same bytes on every machine. Names
/// may be any text; what XML cannot hold is left out of them.
/// </summary>
public sealed record Chart
{
    /// <summary>What stands above; empty for nothing.</summary>
    public string Title { get; init; } = "";

    /// <summary>The horizontal axis.</summary>
    public Axis X { get; init; } = new("");

    /// <summary>The vertical axis.</summary>
    public Axis Y { get; init; } = new("");

    /// <summary>What is drawn, the first at the bottom. With nothing that can be drawn the chart says "no data".</summary>
    public ImmutableArray<Series> Series { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The width in pixels, the legend included; 720 if not set, 320 at least.</summary>
    public double Width
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 320);
            field = value;
        }
    }

    = 720;

    /// <summary>The height in pixels; 420 if not set, 200 at least. A legend that needs more makes the chart higher.</summary>
    public double Height
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 200);
            field = value;
        }
    }

    = 420;

    /// <summary>The background.</summary>
    public Theme Theme { get; init; }

    /// <summary>The chart as an SVG document.</summary>
    /// <exception cref="ArgumentException">A number that is not positive is to stand on a logarithmic axis, or the ends of an axis are no range.</exception>
    public string ToSvg()
    {
        var drawing = new ChartDrawing(this);
        using var svg = new SvgWriter(Width, drawing.Height, Theme, PlainText.Clean(Title));
        drawing.Draw(svg);
        return svg.Finish();
    }

    /// <summary>Writes the chart to a file, as UTF-8.</summary>
    /// <param name="path">The file; it is replaced if it is there.</param>
    /// <inheritdoc cref="ToSvg" path="/exception"/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => File.WriteAllText(path, ToSvg(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
}
