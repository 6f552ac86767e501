using System.Collections.Immutable;
using System.Text;

namespace PreferenceLosses.Charts;

/// <summary>Charts side by side in one drawing, row after row. The theme is the grid's, whatever the charts say.</summary>
/// <param name="Columns">How many stand in a row, 1 at least.</param>
/// <param name="Charts">The charts, in order.</param>
public sealed record ChartGrid(int Columns, params ImmutableArray<Chart> Charts)
{
    private const double TitleHeight = 34;

    /// <summary>How many stand in a row.</summary>
    public int Columns { get; init => field = AtLeastOne(value); } = AtLeastOne(Columns);

    /// <summary>What stands above all; empty for nothing.</summary>
    public string Title { get; init; } = "";

    /// <summary>The background.</summary>
    public Theme Theme { get; init; }

    /// <summary>The charts as one SVG document.</summary>
    /// <inheritdoc cref="Chart.ToSvg" path="/exception"/>
    public string ToSvg()
    {
        var rows = Charts.Select(chart => (Chart: chart, Drawing: new ChartDrawing(chart))).Chunk(Columns).ToArray();
        var width = rows.Select(row => row.Sum(cell => cell.Chart.Width)).DefaultIfEmpty(320).Max();
        var title = PlainText.Clean(Title);
        var top = title.Length > 0 ? TitleHeight : 0;
        using var svg = new SvgWriter(width, top + rows.Sum(row => row.Max(cell => cell.Drawing.Height)), Theme, title);
        svg.Text(width / 2, 24, title, 17, Anchor.Middle, room: width - 24, isBold: true);
        foreach (var row in rows)
        {
            var left = 0.0;
            foreach (var (chart, drawing) in row)
            {
                svg.Begin("g", ("transform", $"translate({SvgWriter.Number(left)} {SvgWriter.Number(top)})"));
                drawing.Draw(svg);
                svg.End();
                left += chart.Width;
            }

            top += row.Max(cell => cell.Drawing.Height);
        }

        return svg.Finish();
    }

    /// <summary>Writes the charts to a file, as UTF-8.</summary>
    /// <param name="path">The file; it is replaced if it is there.</param>
    /// <inheritdoc cref="ToSvg" path="/exception"/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => File.WriteAllText(path, ToSvg(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

    private static int AtLeastOne(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        return columns;
    }
}
