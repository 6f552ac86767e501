using System.Globalization;
using PreferenceLosses.Charts;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Plotting;

/// <summary>
/// Reward against divergence, from a table with the columns loss, beta, seed, reward, kl: of each loss a line through its β, each a mean over the seeds with its 95 %
/// interval.
/// </summary>
internal static class FrontierChart
{
    private static readonly string[] Columns = ["loss", "beta", "seed", "reward", "kl"];

    public static Chart Of(string path, Theme theme)
    {
        var rows = Read(path);
        return new Chart
        {
            Title = "Expected reward against KL(π ‖ π_ref); points are values of β",
            X = new Axis("KL to the reference (nats)"),
            Y = new Axis("expected reward"),
            Series = [.. rows.GroupBy(row => row.Loss).Select(loss => new Series(loss.Key, [.. loss.GroupBy(row => row.Beta).OrderBy(beta => beta.Key).Select(Point)]) { Style = SeriesStyle.LineAndMarkers })],
            Width = 900,
            Height = 560,
            Theme = theme,
        };
    }

    private static ChartPoint Point(IGrouping<double, Row> seeds)
    {
        var (reward, kl) = (Estimate.OfMean([.. seeds.Select(row => row.Reward)]), Estimate.OfMean([.. seeds.Select(row => row.Kl)]));
        var point = new ChartPoint(kl.Value, reward.Value) { Label = "β " + seeds.Key.ToString(CultureInfo.InvariantCulture) };
        return reward.Count == 1 ? point : point with { XInterval = new(kl.Lower, kl.Upper), YInterval = new(reward.Lower, reward.Upper) };
    }

    private static List<Row> Read(string path)
    {
        var lines = InputFile.Lines(path, TextReader.Null).Select(line => line.Split(',')).ToArray();
        if (lines.Length < 2 || Columns.FirstOrDefault(column => !lines[0].Contains(column)) is not null)
        {
            throw CommandException.Failure($"The file '{path}' is no frontier: a first line with the columns {string.Join(", ", Columns)}, and a line for each run, are accepted.");
        }

        var places = Columns.Select(column => Array.IndexOf(lines[0], column)).ToArray();
        var rows = new List<Row>();
        for (var i = 1; i < lines.Length; i++)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"{path}, line {i + 1}");
            var cells = lines[i].Length == lines[0].Length
                ? lines[i]
                : throw CommandException.Failure(string.Create(CultureInfo.InvariantCulture, $"{where}: there are {lines[i].Length} cells, and {lines[0].Length} columns."));
            rows.Add(new(cells[places[0]], Number(cells[places[1]], where), Number(cells[places[3]], where), Number(cells[places[4]], where)));
        }

        return rows;
    }

    private static double Number(string text, string where) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw CommandException.Failure($"{where}: '{text}' is no number.");

    private sealed record Row(string Loss, double Beta, double Reward, double Kl);
}
