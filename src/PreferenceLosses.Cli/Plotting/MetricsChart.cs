using System.Runtime.InteropServices;
using PreferenceLosses.Charts;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Plotting;

/// <summary>Training curves: a chart for each metric or few metrics, with the held-out values beside those of the batches.</summary>
internal static class MetricsChart
{
    private const int Columns = 2;

    /// <summary>What is drawn where nothing is asked for: a chart each.</summary>
    public static string[][] Usual { get; } =
    [
        [MetricNames.Loss],
        [MetricNames.Accuracy],
        [MetricNames.ChosenReward, MetricNames.RejectedReward],
        [MetricNames.Margin],
        [MetricNames.ChosenLogProbability, MetricNames.RejectedLogProbability],
        [MetricNames.Kl],
        [MetricNames.GradientNorm],
        [MetricNames.LearningRate],
    ];

    /// <summary>Charts of the metrics in files.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="panels">The metrics of each chart. One that no file has is left out if it is among the usual ones, and otherwise a failure.</param>
    /// <param name="theme">The background.</param>
    public static ChartGrid Of(IReadOnlyList<string> paths, string[][] panels, Theme theme)
    {
        var files = paths.Select(MetricsReader.Read).ToArray();
        var names = Names(paths);
        var charts = new List<Chart>();
        foreach (var panel in panels)
        {
            var series = panel.SelectMany(metric => files.Zip(names).SelectMany(file => Series(file.First, metric, Name(metric, panel, file.Second)))).ToArray();
            if (series.Length > 0)
            {
                charts.Add(new Chart { Title = string.Join(", ", panel), X = new Axis("step"), Y = new Axis(""), Series = [.. series], Width = 560, Height = 320 });
            }
            else if (!ReferenceEquals(panels, Usual))
            {
                var there = files.SelectMany(file => file.Columns.Keys).Distinct().Order(StringComparer.Ordinal);
                throw CommandException.Failure($"No file has {string.Join(" or ", panel.Select(name => $"'{name}'"))}; there are {string.Join(", ", there)}.");
            }
        }

        return new ChartGrid(Math.Min(Columns, Math.Max(1, charts.Count)), [.. charts]) { Theme = theme };
    }

    /// <summary>The values of the batches, and the held-out ones, each if they are there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="name">What tells the series apart from those of other metrics and files; empty where there are none.</param>
    private static IEnumerable<Series> Series(MetricsReader file, string metric, string name)
    {
        foreach (var (column, style, which) in new[]
        {
            (metric, SeriesStyle.Line, "trained on"),
            (MetricNames.EvaluationPrefix + metric, SeriesStyle.LineAndMarkers, "held out"),
        })
        {
            if (file.Columns.TryGetValue(column, out var points))
            {
                yield return Charts.Series.Of(
                    name.Length == 0 ? which : $"{name}, {which}",
                    CollectionsMarshal.AsSpan(points.Steps),
                    CollectionsMarshal.AsSpan(points.Values)) with { Style = style };
            }
        }
    }

    /// <summary>The last word of a metric that shares its chart, and the file where there are several.</summary>
    private static string Name(string metric, string[] panel, string file)
    {
        var last = panel.Length == 1 ? "" : metric.Split('/')[^1];
        return file.Length == 0 ? last : last.Length == 0 ? file : $"{file}: {last}";
    }

    /// <summary>What tells the files apart: of one nothing, of several the folder of the run, or the whole path where that is the same.</summary>
    private static string[] Names(IReadOnlyList<string> paths)
    {
        if (paths.Count == 1)
        {
            return [""];
        }

        var folders = paths.Select(path => Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? path).ToArray();
        return folders.Distinct().Count() == folders.Length ? folders : [.. paths];
    }
}
