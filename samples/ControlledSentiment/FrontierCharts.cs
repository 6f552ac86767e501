using System.Collections.Immutable;
using PreferenceLosses.Charts;
using PreferenceLosses.Training;

namespace ControlledSentiment;

/// <summary>The drawings: ours on the left, the paper's drawn the same way on the right. Points are means over seeds, bars their 95 % intervals.</summary>
internal static class FrontierCharts
{
    private const double Width = 560;
    private const string OwnKl = "KL to the base policy (nats a completion)";

    // Its unit is not said there, and its code takes the divergence the other way round.
    private const string PaperKl = "KL as the paper's file has it";

    /// <summary>Draws a panel.</summary>
    private delegate Chart Draw(IReadOnlyList<(string Title, ImmutableArray<Mean> Points)> means, string title, string kl);

    /// <summary>Reward against KL.</summary>
    public static ChartGrid Frontier(IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper) => Side(
        "Reward against KL, with 95 % intervals",
        own,
        paper,
        (means, title, kl) => new Chart
        {
            Title = title,
            X = new(kl) { Minimum = 0 },
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
        ByBeta("KL against β", null, own, paper, point => point.Kl);

    /// <summary>Reward against β.</summary>
    public static ChartGrid RewardByBeta(IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper) =>
        ByBeta("Reward against β", "mean reward", own, paper, point => point.Reward);

    /// <param name="axis">What stands at the vertical axis; null for the KL's.</param>
    private static ChartGrid ByBeta(string title, string? axis, IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper, Func<Mean, Estimate> value) => Side(
        title + ", with 95 % intervals",
        own,
        paper,
        (means, panel, kl) => new Chart
        {
            Title = panel,
            X = new("β") { Scale = AxisScale.Logarithmic },
            Y = new(axis ?? kl),
            Series = [.. means.Select(loss => new Series(loss.Title, [.. loss.Points.Select(point => new ChartPoint(point.Beta, value(point).Value) { YInterval = Bar(value(point)) })])
            {
                Style = SeriesStyle.LineAndMarkers,
            })],
            Width = Width,
        });

    private static ChartGrid Side(
        string title, IReadOnlyList<Observation> own, IReadOnlyList<Observation> paper, Draw draw) =>
        new(paper.Count > 0 ? 2 : 1, [.. Grid.Panels.SelectMany(panel => Panel(panel, own, paper, draw))]) { Title = title };

    private static IEnumerable<Chart> Panel(
        (string Title, ImmutableArray<string> Names) panel,
        IReadOnlyList<Observation> own,
        IReadOnlyList<Observation> paper,
        Draw draw)
    {
        // The same losses on both sides, the absent ones without points, so that they have the same colours.
        yield return draw(Means(own, panel.Names), panel.Title + ": here", OwnKl);
        if (paper.Count > 0)
        {
            yield return draw(Means(paper, panel.Names), panel.Title + ": the paper, IMDb", PaperKl);
        }
    }

    private static List<(string, ImmutableArray<Mean>)> Means(IReadOnlyList<Observation> observations, ImmutableArray<string> names) =>
        [.. names.Select(name => (Grid.TitleOf(name), Mean.Of(observations, name)))];

    /// <summary>One run has no interval.</summary>
    private static Interval? Bar(Estimate estimate) => estimate.Count > 1 ? new(estimate.Lower, estimate.Upper) : null;
}
