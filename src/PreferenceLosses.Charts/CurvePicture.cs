using System.Collections.Immutable;

namespace PreferenceLosses.Charts;

/// <summary>
/// Curves as a picture of pixels (PNG), for what takes pictures and no drawings, such as a language model: panels one above the other, each with its own axes, marks on
/// them and grid lines through the marks. There is no text in it: the numbers at the marks are <see cref="CurvePanel.XTicks"/> and <see cref="CurvePanel.YTicks"/>, and a
/// legend stands in the text that comes with it. The background is white.
/// </summary>
public sealed record CurvePicture
{
    private const int Edge = 10;
    private const int TickLength = 5;
    private const int Thickness = 2;
    private const byte AxisColour = 1;
    private const byte GridColour = 2;
    private const byte FirstSeriesColour = 3;

    private static readonly ImmutableArray<string> Colours = [Palette.Light.Background, Palette.Light.Text, Palette.Light.Grid, .. Palette.Light.Series];

    /// <summary>A picture of some panels.</summary>
    /// <param name="panels">The panels from the top down; one at least.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public CurvePicture(params ImmutableArray<CurvePanel> panels)
    {
        Panels = panels.IsDefaultOrEmpty ? throw new ArgumentException("A picture has one panel at least.", nameof(panels)) : panels;
    }

    /// <summary>The panels from the top down.</summary>
    public ImmutableArray<CurvePanel> Panels { get; }

    /// <summary>The width in pixels; 480 if not set, 100 at least.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The width is below 100.</exception>
    public int Width
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 100);
            field = value;
        }
    }

    = 480;

    /// <summary>The height of a panel in pixels; 160 if not set, 60 at least. The picture is as high as all of them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The height is below 60.</exception>
    public int PanelHeight
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 60);
            field = value;
        }
    }

    = 160;

    /// <summary>The picture as a PNG file.</summary>
    public byte[] ToPng()
    {
        var canvas = new PixelCanvas(Width, PanelHeight * Panels.Length);
        foreach (var (i, panel) in Panels.Index())
        {
            Draw(canvas, panel, new Frame(Edge + TickLength, (i * PanelHeight) + Edge, Width - 1 - Edge, ((i + 1) * PanelHeight) - 1 - Edge - TickLength));
        }

        return PngWriter.Write(Width, canvas.Pixels, Colours);
    }

    private static void Draw(PixelCanvas canvas, CurvePanel panel, Frame frame)
    {
        var (x, y) = panel.Axes;
        (int Left, int Top, int Right, int Bottom) edges = ((int)frame.Left, (int)frame.Top, (int)frame.Right, (int)frame.Bottom);
        foreach (var place in panel.XTicks.Select(tick => PlaceX(tick)))
        {
            canvas.Line((place, edges.Top), (place, edges.Bottom), 1, GridColour);
            canvas.Line((place, edges.Bottom), (place, edges.Bottom + TickLength), 1, AxisColour);
        }

        foreach (var place in panel.YTicks.Select(tick => PlaceY(tick)))
        {
            canvas.Line((edges.Left, place), (edges.Right, place), 1, GridColour);
            canvas.Line((edges.Left - TickLength, place), (edges.Left, place), 1, AxisColour);
        }

        canvas.Line((edges.Left, edges.Top), (edges.Left, edges.Bottom), 1, AxisColour);
        canvas.Line((edges.Left, edges.Bottom), (edges.Right, edges.Bottom), 1, AxisColour);
        foreach (var (i, series) in panel.Series.Index())
        {
            (int X, int Y)? before = null;
            foreach (var point in series.Points)
            {
                (int X, int Y)? place = point.IsFinite ? (PlaceX(point.X), PlaceY(point.Y)) : null;
                if (place is { } here)
                {
                    canvas.Line(before ?? here, here, Thickness, (byte)(FirstSeriesColour + (i % Palette.Light.Series.Length)));
                }

                before = place;
            }
        }

        // The largest numbers that there are lie off their axis.
        int PlaceX(double value) => (int)Math.Round(frame.X(Math.Clamp(x.Share(value), 0, 1)), MidpointRounding.AwayFromZero);
        int PlaceY(double value) => (int)Math.Round(frame.Y(Math.Clamp(y.Share(value), 0, 1)), MidpointRounding.AwayFromZero);
    }
}

/// <summary>
/// Curves over two linear axes, which reach a little beyond the numbers. Series are lines, the first at the bottom, in the colours of a <see cref="Chart"/>: blue, orange,
/// green, purple, brown, black, light blue, and again. Their names, styles and intervals are not drawn. A point that is not finite is a gap.
/// </summary>
/// <param name="Series">What is drawn.</param>
public sealed record CurvePanel(params ImmutableArray<Series> Series)
{
    private const int MostXTicks = 8;
    private const int MostYTicks = 5;

    /// <summary>The numbers at the marks of the horizontal axis, from left to right.</summary>
    public ImmutableArray<double> XTicks => [.. Axes.X.TicksOf(MostXTicks).Select(tick => tick.Value)];

    /// <summary>The numbers at the marks of the vertical axis, from the bottom up.</summary>
    public ImmutableArray<double> YTicks => [.. Axes.Y.TicksOf(MostYTicks).Select(tick => tick.Value)];

    internal (AxisMap X, AxisMap Y) Axes
    {
        get
        {
            var points = Series.SelectMany(series => series.Points).Where(point => point.IsFinite).ToArray();
            var axis = new Axis("");
            return (AxisMap.Of(axis, "x", points.Select(point => point.X)), AxisMap.Of(axis, "y", points.Select(point => point.Y)));
        }
    }
}
