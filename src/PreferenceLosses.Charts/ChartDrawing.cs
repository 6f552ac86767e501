using System.Collections.Immutable;

namespace PreferenceLosses.Charts;

/// <summary>Where everything of one chart stands, and its frame: title, axes, grid and legend. What is inside the frame is <see cref="SeriesDrawing"/>'s.</summary>
internal sealed class ChartDrawing
{
    private const double Edge = 14;
    private const double TitleSize = 15;
    private const double LabelSize = 12.5;
    private const double TickSize = 11.5;
    private const double TickLength = 5;
    private const double LegendSample = 26;
    private const double LegendLine = 20;
    private const double WidestLegend = 200;
    private const double WidestLegendShare = 0.3;

    private readonly Chart chart;
    private readonly string title;
    private readonly (string Name, int Index)[] legend;
    private readonly double legendRoom;
    private readonly double legendWidth;
    private readonly AxisMap x;
    private readonly AxisMap y;
    private readonly ImmutableArray<Tick> xTicks;
    private readonly ImmutableArray<Tick> yTicks;
    private readonly Frame frame;

    public ChartDrawing(Chart chart)
    {
        this.chart = chart;
        Check(chart);
        title = PlainText.Clean(chart.Title);
        legend = [.. chart.Series.Select((series, index) => (PlainText.Clean(series.Name), index)).Where(entry => entry.Item1.Length > 0)];
        legendRoom = Math.Min(WidestLegend, chart.Width * WidestLegendShare);
        legendWidth = legend.Length == 0
            ? 0
            : LegendSample + 12 + Math.Min(legendRoom, Math.Ceiling(legend.Max(entry => PlainText.Width(entry.Name, LabelSize))));

        // Numbers are taken where both are, so that a gap does not stretch an axis.
        var points = chart.Series.SelectMany(series => series.Points).Where(point => point.IsFinite).ToArray();
        x = AxisMap.Of(chart.X, "x", points.SelectMany(point => Values(point.X, point.XInterval).Where(double.IsFinite)));
        y = AxisMap.Of(chart.Y, "y", points.SelectMany(point => Values(point.Y, point.YInterval).Where(double.IsFinite)));

        var top = Edge + (title.Length > 0 ? TitleSize + 14 : 0);
        Height = Math.Max(chart.Height, top + (legend.Length * LegendLine) + Edge);
        var bottom = Height - Edge - TickLength - TickSize - 6 - (chart.X.Label.Length > 0 ? LabelSize + 8 : 0);
        yTicks = y.TicksOf(Math.Max(2, (int)((bottom - top) / 40)));
        var left = Edge + (chart.Y.Label.Length > 0 ? LabelSize + 8 : 0) + yTicks.Select(tick => PlainText.Width(tick.Label, TickSize)).DefaultIfEmpty().Max() + TickLength + 4;
        frame = new Frame(left, top, chart.Width - Edge - (legend.Length > 0 ? legendWidth + 6 : 8), bottom);
        xTicks = TicksThatFit();
    }

    /// <summary>The height, which a long legend adds to.</summary>
    public double Height { get; }

    public void Draw(SvgWriter svg)
    {
        WriteCentred(svg, title, TitleSize, Edge + TitleSize, chart.Width, isBold: true);
        DrawGrid(svg);
        new SeriesDrawing(chart, x, y, frame).Draw(svg);
        DrawAxes(svg);
        DrawLegend(svg);
    }

    /// <summary>A logarithmic axis has no place for 0 and for what is below.</summary>
    private static void Check(Chart chart)
    {
        foreach (var series in chart.Series)
        {
            foreach (var (point, index) in series.Points.Select((point, index) => (point, index)).Where(one => one.point.IsFinite))
            {
                Positive(chart.X, "x", Values(point.X, point.XInterval), index);
                Positive(chart.Y, "y", Values(point.Y, point.YInterval), index);
            }

            void Positive(Axis axis, string name, IEnumerable<double> values, int index)
            {
                if (axis.Scale == AxisScale.Logarithmic && values.Any(value => value <= 0))
                {
                    throw new ArgumentException(
                        $"Point {index} of series '{series.Name}' is at {name} = {values.Min()}; on a logarithmic axis numbers, and the ends of intervals, have to be positive.");
                }
            }
        }
    }

    private static IEnumerable<double> Values(double value, Interval? interval) =>
        interval is { } range ? [value, range.Low, range.High] : [value];

    /// <summary>A text in the middle of the frame, or as near to it as its width allows.</summary>
    private void WriteCentred(SvgWriter svg, string text, double size, double lineY, double right, bool isBold)
    {
        const double gap = 6;

        // Bold letters are a tenth wider.
        var (wider, room) = (isBold ? 1.1 : 1, right - (2 * gap));
        var half = Math.Min(PlainText.Width(text, size) * wider, room) / 2;
        var middle = Math.Clamp((frame.Left + frame.Right) / 2, gap + half, right - gap - half);
        svg.Text(middle, lineY, text, size, Anchor.Middle, room: room / wider, isBold: isBold);
    }

    /// <summary>As many ticks as stand beside each other with room between.</summary>
    private ImmutableArray<Tick> TicksThatFit()
    {
        for (var most = Math.Max(2, (int)(frame.Width / 45)); ; most--)
        {
            var ticks = x.TicksOf(most);
            var fits = ticks.Zip(ticks.Skip(1)).All(pair =>
                (x.Share(pair.Second.Value) - x.Share(pair.First.Value)) * frame.Width
                    >= ((PlainText.Width(pair.First.Label, TickSize) + PlainText.Width(pair.Second.Label, TickSize)) / 2) + 12);
            if (fits || most == 2)
            {
                return ticks;
            }
        }
    }

    private void DrawGrid(SvgWriter svg)
    {
        svg.Begin("g", ("class", Palette.Prefix + "grid"), ("stroke-width", "1"));
        foreach (var tick in xTicks)
        {
            var at = frame.X(x.Share(tick.Value));
            svg.Element("line", ("x1", at), ("x2", at), ("y1", frame.Top), ("y2", frame.Bottom));
        }

        foreach (var tick in yTicks)
        {
            var at = frame.Y(y.Share(tick.Value));
            svg.Element("line", ("x1", frame.Left), ("x2", frame.Right), ("y1", at), ("y2", at));
        }

        svg.End();
    }

    private void DrawAxes(SvgWriter svg)
    {
        svg.Begin("g", ("class", Palette.Prefix + "axis"), ("stroke-width", "1"));
        svg.Element("path", ("d", $"M{SvgWriter.Number(frame.Left)} {SvgWriter.Number(frame.Top)}V{SvgWriter.Number(frame.Bottom)}H{SvgWriter.Number(frame.Right)}"), ("fill", "none"));
        foreach (var (value, length) in WithLengths(xTicks, x))
        {
            var at = frame.X(x.Share(value));
            svg.Element("line", ("x1", at), ("x2", at), ("y1", frame.Bottom), ("y2", frame.Bottom + length));
        }

        foreach (var (value, length) in WithLengths(yTicks, y))
        {
            var at = frame.Y(y.Share(value));
            svg.Element("line", ("x1", frame.Left), ("x2", frame.Left - length), ("y1", at), ("y2", at));
        }

        svg.End();

        foreach (var tick in xTicks)
        {
            svg.Text(frame.X(x.Share(tick.Value)), frame.Bottom + TickLength + TickSize + 2, tick.Label, TickSize, Anchor.Middle, "muted");
        }

        foreach (var tick in yTicks)
        {
            svg.Text(frame.Left - TickLength - 4, frame.Y(y.Share(tick.Value)) + (TickSize * 0.36), tick.Label, TickSize, Anchor.End, "muted");
        }

        WriteCentred(svg, PlainText.Clean(chart.X.Label), LabelSize, Height - Edge, frame.Right + 8, isBold: false);
        var middle = (frame.Top + frame.Bottom) / 2;
        svg.Text(Edge + LabelSize - 2, middle, PlainText.Clean(chart.Y.Label), LabelSize, Anchor.Middle, room: frame.Height + 8, isUpward: true);
    }

    private static IEnumerable<(double Value, double Length)> WithLengths(ImmutableArray<Tick> ticks, AxisMap axis) =>
        axis.MinorTicks().Select(value => (value, TickLength * 0.5)).Concat(ticks.Select(tick => (tick.Value, TickLength)));

    private void DrawLegend(SvgWriter svg)
    {
        var left = chart.Width - Edge - legendWidth + 6;
        foreach (var ((name, index), line) in legend.Select((entry, line) => (entry, line)))
        {
            var middle = frame.Top + (LegendLine * (line + 0.5));
            svg.Begin("g", ("class", Markers.ClassOf(index)));
            SeriesDrawing.DrawSample(svg, chart.Series[index], index, left, middle, LegendSample);
            svg.End();
            svg.Text(left + LegendSample + 6, middle + (LabelSize * 0.36), name, LabelSize, room: legendRoom);
        }
    }
}
