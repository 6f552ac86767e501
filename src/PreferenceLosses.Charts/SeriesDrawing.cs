using System.Text;

namespace PreferenceLosses.Charts;

/// <summary>What is inside the frame: bands, lines and bars, which are cut off at the frame, and markers and labels of the points that are on both axes.</summary>
internal sealed class SeriesDrawing(Chart chart, AxisMap x, AxisMap y, Frame frame)
{
    private const double LabelSize = 10.5;
    private const double MarkerRadius = 5;
    private const double HalfCap = 3.5;

    // Far enough outside to be cut off, and near enough for every program that draws.
    private const double FarOutside = 20_000;

    public void Draw(SvgWriter svg)
    {
        if (!chart.Series.Any(series => series.Points.Any(point => point.IsFinite)))
        {
            svg.Text((frame.Left + frame.Right) / 2, (frame.Top + frame.Bottom) / 2, "no data", 14, Anchor.Middle, "muted");
            return;
        }

        // An inner svg cuts off what is outside it. Its own coordinates are those of the chart.
        svg.Begin(
            "svg", ("x", frame.Left), ("y", frame.Top), ("width", frame.Width), ("height", frame.Height),
            ("viewBox", $"{SvgWriter.Number(frame.Left)} {SvgWriter.Number(frame.Top)} {SvgWriter.Number(frame.Width)} {SvgWriter.Number(frame.Height)}"));
        ForEachSeries(svg, series => series.Intervals == IntervalStyle.Band, DrawBand);
        ForEachSeries(svg, series => series.Style != SeriesStyle.Markers, DrawLine);
        ForEachSeries(svg, series => series.Points.Any(HasBars(series)), DrawBars);
        svg.End();
        ForEachSeries(svg, series => series.Style != SeriesStyle.Line, DrawMarkers);
        DrawLabels(svg);
    }

    /// <summary>The series as the legend shows it.</summary>
    public static void DrawSample(SvgWriter svg, Series series, int index, double left, double middle, double width)
    {
        var place = $"M{SvgWriter.Number(left)} {SvgWriter.Number(middle)}H{SvgWriter.Number(left + width)}";
        if (series.Intervals == IntervalStyle.Band && series.Points.Any(point => point.YInterval is not null))
        {
            svg.Element("path", ("d", place), ("stroke", "currentColor"), ("stroke-width", "12"), ("stroke-opacity", "0.2"));
        }

        if (series.Style != SeriesStyle.Markers)
        {
            WriteLine(svg, place, index);
        }

        if (series.Style != SeriesStyle.Line)
        {
            WriteMarker(svg, index, left + (width / 2), middle);
        }
    }

    private void ForEachSeries(SvgWriter svg, Func<Series, bool> applies, Action<SvgWriter, Series, int> draw)
    {
        for (var index = 0; index < chart.Series.Length; index++)
        {
            if (applies(chart.Series[index]))
            {
                svg.Begin("g", ("class", Markers.ClassOf(index)));
                draw(svg, chart.Series[index], index);
                svg.End();
            }
        }
    }

    private void DrawLine(SvgWriter svg, Series series, int index)
    {
        foreach (var run in Runs(series, point => point.IsFinite))
        {
            if (run.Count > 1)
            {
                WriteLine(svg, PathOf(Thinning.Line([.. run.Select(point => Place(point.X, point.Y))])), index);
            }
            else if (series.Style == SeriesStyle.Line)
            {
                // A point between two gaps would be a line of no length, which nobody sees.
                var (atX, atY) = Place(run[0].X, run[0].Y);
                WriteMarker(svg, index, atX, atY);
            }
        }
    }

    private void DrawBand(SvgWriter svg, Series series, int index)
    {
        foreach (var run in Runs(series, point => point.IsFinite && IsRange(point.YInterval)))
        {
            var upper = Thinning.Line([.. run.Select(point => Place(point.X, point.YInterval!.Value.High))]);
            var lower = Thinning.Line([.. run.Select(point => Place(point.X, point.YInterval!.Value.Low))]);
            lower.Reverse();
            svg.Element("path", ("d", PathOf([.. upper, .. lower]) + "Z"), ("fill", "currentColor"), ("fill-opacity", "0.2"));
        }
    }

    private void DrawBars(SvgWriter svg, Series series, int index)
    {
        var path = new StringBuilder();
        foreach (var point in series.Points.Where(HasBars(series)))
        {
            var (atX, atY) = Place(point.X, point.Y);
            if (IsRange(point.XInterval) && point.XInterval is { } across)
            {
                var (low, high) = (Place(across.Low, point.Y).X, Place(across.High, point.Y).X);
                Bar(low, atY, high, atY);
                Bar(low, atY - HalfCap, low, atY + HalfCap);
                Bar(high, atY - HalfCap, high, atY + HalfCap);
            }

            if (IsRange(point.YInterval) && point.YInterval is { } along && series.Intervals == IntervalStyle.Bars)
            {
                var (low, high) = (Place(point.X, along.Low).Y, Place(point.X, along.High).Y);
                Bar(atX, low, atX, high);
                Bar(atX - HalfCap, low, atX + HalfCap, low);
                Bar(atX - HalfCap, high, atX + HalfCap, high);
            }
        }

        svg.Element("path", ("d", path.ToString()), ("fill", "none"), ("stroke", "currentColor"), ("stroke-width", "1.2"), ("stroke-opacity", "0.75"));

        void Bar(double x1, double y1, double x2, double y2) =>
            path.Append('M').Append(SvgWriter.Number(x1)).Append(' ').Append(SvgWriter.Number(y1)).Append('L').Append(SvgWriter.Number(x2)).Append(' ').Append(SvgWriter.Number(y2));
    }

    private void DrawMarkers(SvgWriter svg, Series series, int index)
    {
        // Of markers whose middles are in the same pixel one is drawn.
        var drawn = new HashSet<(double, double)>();
        foreach (var point in series.Points.Where(IsInside))
        {
            var (atX, atY) = Place(point.X, point.Y);
            if (drawn.Add((Math.Floor(atX), Math.Floor(atY))))
            {
                WriteMarker(svg, index, atX, atY);
            }
        }
    }

    /// <summary>Labels above, below or beside their markers: not over another label or a marker that has one, and over as few lines as can be.</summary>
    private void DrawLabels(SvgWriter svg)
    {
        var labelled = chart.Series.SelectMany(series => series.Points).Where(point => IsInside(point) && !string.IsNullOrEmpty(point.Label)).ToArray();
        var taken = labelled.Select(point => Place(point.X, point.Y))
            .Select(place => new Frame(place.X - MarkerRadius, place.Y - MarkerRadius, place.X + MarkerRadius, place.Y + MarkerRadius)).ToList();
        var lines = labelled.Length == 0 ? [] : Lines().ToArray();
        foreach (var point in labelled)
        {
            var label = PlainText.Clean(point.Label!);
            var (atX, atY) = Place(point.X, point.Y);
            var width = PlainText.Width(label, LabelSize);
            var (near, half) = (MarkerRadius + 2, LabelSize / 2);
            Frame[] rooms =
            [
                new(atX - (width / 2), atY - near - LabelSize, atX + (width / 2), atY - near),
                new(atX - (width / 2), atY + near, atX + (width / 2), atY + near + LabelSize),
                new(atX + near, atY - half, atX + near + width, atY + half),
                new(atX - near - width, atY - half, atX - near, atY + half),
            ];
            var free = rooms.Where(room => room.IsInside(frame) && !taken.Exists(room.Overlaps)).ToArray();
            if (free.Length > 0)
            {
                var room = free.MinBy(room => lines.Count(room.IsCrossedBy));
                taken.Add(room);
                svg.Text((room.Left + room.Right) / 2, room.Bottom - 2, label, LabelSize, Anchor.Middle, "muted", hasHalo: true);
            }
        }
    }

    /// <summary>The pieces of all lines and bars.</summary>
    private IEnumerable<((double X, double Y) From, (double X, double Y) To)> Lines()
    {
        foreach (var series in chart.Series)
        {
            foreach (var point in series.Points.Where(HasBars(series)))
            {
                if (point.XInterval is { } across)
                {
                    yield return (Place(across.Low, point.Y), Place(across.High, point.Y));
                }

                if (point.YInterval is { } along)
                {
                    yield return (Place(point.X, along.Low), Place(point.X, along.High));
                }
            }

            foreach (var run in Runs(series, point => point.IsFinite).Where(_ => series.Style != SeriesStyle.Markers))
            {
                var places = Thinning.Line([.. run.Select(point => Place(point.X, point.Y))]);
                foreach (var piece in places.Zip(places.Skip(1)))
                {
                    yield return piece;
                }
            }
        }
    }

    private static void WriteLine(SvgWriter svg, string path, int index) => svg.Element(
        "path", ("d", path), ("fill", "none"), ("stroke", "currentColor"), ("stroke-width", "1.8"), ("stroke-linejoin", "round"), ("stroke-linecap", "round"),
        ("stroke-dasharray", Markers.DashesOf(index)));

    private static void WriteMarker(SvgWriter svg, int index, double atX, double atY) =>
        svg.Element("path", ("d", Markers.ShapeOf(index)), ("transform", $"translate({SvgWriter.Number(atX)} {SvgWriter.Number(atY)})"), ("fill", "currentColor"));

    private static string PathOf(IEnumerable<(double X, double Y)> places)
    {
        var path = new StringBuilder();
        foreach (var (atX, atY) in places)
        {
            path.Append(path.Length == 0 ? 'M' : 'L').Append(SvgWriter.Number(atX)).Append(' ').Append(SvgWriter.Number(atY));
        }

        return path.ToString();
    }

    /// <summary>The points between gaps.</summary>
    private static IEnumerable<List<ChartPoint>> Runs(Series series, Func<ChartPoint, bool> isDrawn)
    {
        var run = new List<ChartPoint>();
        foreach (var point in series.Points)
        {
            if (isDrawn(point))
            {
                run.Add(point);
            }
            else if (run.Count > 0)
            {
                yield return run;
                run = [];
            }
        }

        if (run.Count > 0)
        {
            yield return run;
        }
    }

    private static Func<ChartPoint, bool> HasBars(Series series) => point =>
        point.IsFinite && (IsRange(point.XInterval) || (IsRange(point.YInterval) && series.Intervals == IntervalStyle.Bars));

    /// <summary>Whether there are two ends; one that is infinite lies beyond the frame.</summary>
    private static bool IsRange(Interval? interval) => interval is { } range && !double.IsNaN(range.Low) && !double.IsNaN(range.High);

    private bool IsInside(ChartPoint point) => point.IsFinite && x.Contains(point.X) && y.Contains(point.Y);

    private (double X, double Y) Place(double atX, double atY) =>
        (Math.Clamp(frame.X(x.Share(atX)), -FarOutside, FarOutside), Math.Clamp(frame.Y(y.Share(atY)), -FarOutside, FarOutside));
}
