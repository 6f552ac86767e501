using System.Globalization;
using PreferenceLosses.Charts;

namespace PreferenceLosses.Discovery;

/// <summary>The drawings of a report.</summary>
internal static class ReportCharts
{
    private const int MostTogether = 7;

    /// <summary>Fitness with its interval by the number of the objective, the best so far, and the baseline.</summary>
    public static Chart Fitness(RunState state)
    {
        ScoredObjective[] scored = [.. state.Objectives.Where(one => one is { IsSettled: true, Fitness: not null })];
        var best = new List<ChartPoint>();
        ScoredObjective? incumbent = null;
        foreach (var one in scored)
        {
            incumbent = incumbent is null || one.IsBetterThan(incumbent) ? one : incumbent;
            best.Add(new ChartPoint(one.Number, incumbent.Fitness!.Value.Value));
        }

        return new Chart
        {
            Title = "Fitness over the run",
            X = new Axis("number of the objective"),
            Y = new Axis("fitness"),
            Series =
            [
                new Series("best so far", [.. best]),
                new Series("established", [.. scored.Where(one => one.Attempt is null).Select(Point)]) { Style = SeriesStyle.Markers },
                new Series("proposed", [.. scored.Where(one => one.Attempt is not null).Select(Point)]) { Style = SeriesStyle.Markers },
            ],
        };

        static ChartPoint Point(ScoredObjective one) => new(one.Number, one.Fitness!.Value.Value)
        {
            YInterval = double.IsFinite(one.Fitness.Value.Upper) ? new Interval(one.Fitness.Value.Lower, one.Fitness.Value.Upper) : null,
        };
    }

    /// <summary>The losses and their gradients, the best ones and the baseline; none where they are not of pairs.</summary>
    public static IEnumerable<Chart> Losses(RunState state, IObjectiveDomain domain)
    {
        var baseline = state.Objectives.FirstOrDefault();
        var chosen = state.Objectives
            .Where(one => one is { Attempt: not null, IsSettled: true, Failure: null } && baseline is not null)
            .OrderByDescending(one => one.Scores.Length).ThenByDescending(one => one.Fitness?.Value).Take(MostTogether - 1)
            .Prepend(baseline)
            .OfType<ScoredObjective>();
        var curves = chosen
            .Select(one => (Name: Name(one), domain.Validate(one.Proposal, one.Number, []).Objective))
            .Where(one => one.Objective is not null)
            .Select(one => (one.Name, Curves: LossCurves.Of(one.Objective!.Loss)))
            .Where(one => one.Curves is not null)
            .ToArray();
        if (curves.Length == 0)
        {
            return [];
        }

        var x = new Axis("log-ratio difference ρ (nats)");
        return
        [
            new Chart { Title = "Losses of the baseline and the best proposals", X = x, Y = new Axis("loss (nats)"), Series = [.. curves.Select(one => one.Curves!.LossSeries(one.Name))] },
            new Chart { Title = "Their gradients", X = x, Y = new Axis("∂ loss / ∂ρ"), Series = [.. curves.Select(one => one.Curves!.SlopeSeries(one.Name))] },
        ];
    }

    /// <summary>The curves of an objective's trainings with its first seed, a chart for each quantity.</summary>
    public static IEnumerable<Chart> Training(ScoredObjective one) => one.Scores is not [{ Curves: var curves }, ..] ? [] : curves
        .Where(curve => curve.Values.Length > 0)
        .Select(curve => new Chart
        {
            X = new Axis("step"),
            Y = new Axis(curve.Name),
            Width = 420,
            Height = 260,
            Series = [Series.Of("", curve.Steps.Select(step => (double)step).ToArray(), curve.Values.AsSpan())],
        });

    public static string Name(ScoredObjective one) => string.Create(CultureInfo.InvariantCulture, $"{one.Number} {one.Name}");
}
