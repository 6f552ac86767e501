using System.Xml.Linq;
using PreferenceLosses.Charts;
using PreferenceLosses.Cli.Plotting;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests.Plotting;

/// <summary>Curves and frontiers: which points are drawn, and what is refused. How they look is the chart package's.</summary>
public sealed class PlotTests : IDisposable
{
    private const string Metrics = """
        {"step":1,"loss":0.7,"rewards/chosen":0.1,"rewards/rejected":-0.1}
        {"step":2,"loss":0.6,"rewards/chosen":null,"rewards/rejected":-0.2,"eval_loss":0.65,"note":"half"}
        {"step":4,"loss":0.5,"rewards/chosen":0.3,"rewards/rejected":-0.3}
        {"step":5,"lo
        """;

    private readonly PreferenceFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Each_metric_is_a_chart_with_batches_and_held_out_values()
    {
        var grid = MetricsChart.Of([files.WriteText("metrics.jsonl", Metrics)], MetricsChart.Usual, Theme.Light);

        Assert.Equal(["loss", "rewards/chosen, rewards/rejected"], grid.Charts.Select(chart => chart.Title));
        Assert.Equal(["trained on", "held out"], grid.Charts[0].Series.Select(series => series.Name));
        Assert.Equal([new(1, 0.7), new(2, 0.6), new(4, 0.5)], grid.Charts[0].Series[0].Points.AsEnumerable());
        Assert.Equal([new(2, 0.65)], grid.Charts[0].Series[1].Points.AsEnumerable());
        Assert.Equal(["chosen, trained on", "rejected, trained on"], grid.Charts[1].Series.Select(series => series.Name));
        Assert.Equal([new(1, 0.1), new(4, 0.3)], grid.Charts[1].Series[0].Points.AsEnumerable());
    }

    [Fact]
    public void Several_files_are_told_apart_by_their_folders()
    {
        Directory.CreateDirectory(files.PathOf("a"));
        Directory.CreateDirectory(files.PathOf("b"));
        string[] paths = [files.WriteText("a/metrics.jsonl", Metrics), files.WriteText("b/metrics.jsonl", Metrics)];

        var grid = MetricsChart.Of(paths, [["eval_loss"], ["loss", "rewards/chosen"]], Theme.Light);

        Assert.Equal(["a, trained on", "b, trained on"], grid.Charts[0].Series.Select(series => series.Name));
        Assert.Equal(
            ["a: loss, trained on", "a: loss, held out", "b: loss, trained on", "b: loss, held out", "a: chosen, trained on", "b: chosen, trained on"],
            grid.Charts[1].Series.Select(series => series.Name));
    }

    [Theory]
    [InlineData("light", "#ffffff", "#15181d")]
    [InlineData("dark", "#15181d", "#ffffff")]
    public void The_command_writes_a_drawing(string theme, string background, string other)
    {
        var (metrics, svg) = (files.WriteText("metrics.jsonl", Metrics), files.PathOf("curves.svg"));

        var run = CommandLine.Run("plot", metrics, "--y", "loss,rewards/chosen+rewards/rejected", "--theme", theme, "--output", svg);

        Assert.Equal((0, svg + "\n", ""), (run.Status, run.Output, run.Error));
        var drawing = XDocument.Load(svg).ToString();
        Assert.Contains(">loss<", drawing, StringComparison.Ordinal);
        Assert.Contains("rejected, trained on", drawing, StringComparison.Ordinal);
        Assert.Contains(background, drawing, StringComparison.Ordinal);
        Assert.DoesNotContain(other, drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frontier_has_means_over_the_seeds_with_their_intervals()
    {
        var table = files.WriteText("frontier.csv", """
            loss,beta,seed,reward,kl
            dpo,0.5,0,0.3,1.0
            dpo,0.1,0,0.5,3.0
            dpo,0.1,1,0.7,5.0
            slic,0.1,0,0.2,0.5
            """);

        var chart = FrontierChart.Of(table, Theme.Light);

        Assert.Equal(["dpo", "slic"], chart.Series.Select(series => series.Name));
        var (mean, alone) = (chart.Series[0].Points[0], chart.Series[0].Points[1]);
        Assert.Equal(("β 0.1", "β 0.5"), (mean.Label, alone.Label));
        Assert.Equal((4.0, 0.6), (mean.X, Math.Round(mean.Y, 12)));

        // Student's t of 1 degree of freedom is 12.706 at 97.5 %; the standard errors are 1 and 0.1.
        Assert.Equal(4 - 12.706, mean.XInterval!.Value.Low, 1e-3);
        Assert.Equal(0.6 + 1.2706, mean.YInterval!.Value.High, 1e-4);
        Assert.Equal((1.0, 0.3, null, null), (alone.X, alone.Y, alone.XInterval, alone.YInterval));

        var run = CommandLine.Run("plot", "frontier", table, "--output", files.PathOf("frontier.svg"));
        Assert.Equal(0, run.Status);
        Assert.Contains("KL to the reference (nats)", File.ReadAllText(files.PathOf("frontier.svg")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metrics", "{\"step\":1,\"loss\":1}\nno\n", "", "metrics, line 2 is not JSON")]
    [InlineData("metrics", "{\"loss\":1}\n", "", "metrics, line 1: 'step' is missing")]
    [InlineData("metrics", "\n", "", "metrics' has no metrics.")]
    [InlineData("metrics", "{\"step\":1,\"loss\":1}\n", "--y lossy", "No file has 'lossy'; there are loss.")]
    [InlineData("table", "loss,beta,reward,kl\ndpo,1,2,3\n", "", "table' is no frontier: a first line with the columns loss, beta, seed, reward, kl")]
    [InlineData("table", "loss,beta,seed,reward,kl\ndpo,1,0,2\n", "", "table, line 2: there are 4 cells, and 5 columns.")]
    [InlineData("table", "loss,beta,seed,reward,kl\ndpo,1,0,2,x\n", "", "table, line 2: 'x' is no number.")]
    public void What_cannot_be_drawn_is_a_failure_with_its_line(string name, string text, string options, string expected)
    {
        string[] kind = name == "table" ? ["frontier"] : [];
        var run = CommandLine.Run(["plot", .. kind, files.WriteText(name, text), "--output", files.PathOf("x.svg"), .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Contains(expected, run.ErrorLine(1), StringComparison.Ordinal);
        Assert.False(File.Exists(files.PathOf("x.svg")));
    }

    [Theory]
    [InlineData("plot", "'METRICS.jsonl' missing")]
    [InlineData("plot x", "--output is missing: the file that is drawn, FILE.svg.")]
    [InlineData("plot frontier x", "--output is missing: the file that is drawn, FILE.svg.")]
    [InlineData("plot x --output y --theme blue", "--theme is 'blue'; auto, light and dark are accepted.")]
    [InlineData("plot frontier x y --output z", "'y' is not accepted here. frontier accepts FILE.csv, --output FILE.svg, --theme auto|light|dark.")]
    public void Wrong_usage_is_one_line_and_exit_status_2(string arguments, string expected) =>
        Assert.Contains(expected, CommandLine.Run(arguments.Split(' ')).ErrorLine(2), StringComparison.Ordinal);
}
