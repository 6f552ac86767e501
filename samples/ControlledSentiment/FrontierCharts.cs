using System.Collections.Immutable;
using PreferenceLosses.Charts;
using PreferenceLosses.Training;

namespace ControlledSentiment;

/// <summary>The drawings: ours on the left, the paper's drawn the same way on the right. Points are means over seeds, bars their 95 % intervals.</summary>
internal static class FrontierCharts
{
    private const double Width = 560;

    /// <summary>Reward against KL.</summary>
    public static ChartGrid Frontier(IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper) => Side(
        "Reward against KL, with 95 % intervals",
        own,
        paper,
        (means, title) => new Chart
        {
            Title = title,
            X = new("KL to the base policy (nats a completion)") { Minimum = 0 },
            Y = new("mean reward"),
            Series = [.. means.Select(loss => new Series(loss.Title, [.. loss.Points.Select(point => new ChartPoint(point.Kl.Value, point.Reward.Value)
            {
                XInterval = Bar(point.Kl),
                YInterval = Bar(point.Reward),
            })]) { Style = SeriesStyle.LineAndMarkers })],
            Width = Width,
        });

    /// <summary>KL against β.</summary>
    public static ChartGrid KlByBeta(IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper) =>
        ByBeta("KL to the base policy against β", "KL (nats a completion)", own, paper, point => point.Kl);

    /// <summary>Reward against β.</summary>
    public static ChartGrid RewardByBeta(IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper) =>
        ByBeta("Reward against β", "mean reward", own, paper, point => point.Reward);

    private static ChartGrid ByBeta(string title, string axis, IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper, Func<Mean, Estimate> value) => Side(
        title + ", with 95 % intervals",
        own,
        paper,
        (means, panel) => new Chart
        {
            Title = panel,
            X = new("β") { Scale = AxisScale.Logarithmic },
            Y = new(axis),
            Series = [.. means.Select(loss => new Series(loss.Title, [.. loss.Points.Select(point => new ChartPoint(point.Beta, value(point).Value) { YInterval = Bar(value(point)) })])
            {
                Style = SeriesStyle.LineAndMarkers,
            })],
            Width = Width,
        });

    private static ChartGrid Side(
        string title, IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper, Func<IReadOnlyList<(string Title, ImmutableArray<Mean> Points)>, string, Chart> draw) =>
        new(paper.Count > 0 ? 2 : 1, [.. Grid.Panels.SelectMany(panel => Panel(panel, own, paper, draw))]) { Title = title };

    private static IEnumerable<Chart> Panel(
        (string Title, ImmutableArray<string> Names) panel,
        IReadOnlyList<Observation> own,
        IReadOnlyList<Observation> paper,
        Func<IReadOnlyList<(string Title, ImmutableArray<Mean> Points)>, string, Chart> draw)
    {
        // The same losses on both sides, the absent ones without points, so that they have the same colours.
        yield return draw(Means(own, panel.Names), panel.Title + ": here");
        if (paper.Count > 0)
        {
            yield return draw(Means(paper, panel.Names), panel.Title + ": the paper, IMDb");
        }
    }

    private static List<(string, ImmutableArray<Mean>)> Means(IReadOnlyList<Observation> observations, ImmutableArray<string> names) =>
        [.. names.Select(name => (Grid.TitleOf(name), Mean.Of(observations, name)))];

    /// <summary>One run has no interval.</summary>
    private static Interval? Bar(Estimate estimate) => estimate.Count > 1 ? new(estimate.Lower, estimate.Upper) : null;
}
