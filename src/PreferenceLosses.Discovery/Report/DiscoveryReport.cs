using System.Collections.Immutable;
using System.Globalization;

namespace PreferenceLosses.Discovery;

/// <summary>What a run came to, as one HTML page for a browser: without scripts, with nothing from elsewhere, light or dark as the reader's system is.</summary>
public static class DiscoveryReport
{
    /// <summary>Writes the page.</summary>
    /// <param name="events">The events of the run, from <see cref="RunArchive.ReadEvents"/>; it may still be going on.</param>
    /// <param name="domain">The domain of the run, which reads the objectives again so that they can be drawn.</param>
    public static string Html(IEnumerable<DiscoveryEvent> events, IObjectiveDomain domain)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(domain);
        ImmutableArray<DiscoveryEvent> all = [.. events];
        var state = all.Aggregate(RunState.Empty, (state, one) => state.After(one));
        using var page = new HtmlPage("Discovery of objectives");
        page.Text("h1", "Discovery of objectives");
        WriteSummary(page, state, all);
        WriteFitness(page, state);
        WriteCurves(page, state, domain);
        page.Text("h2", "Objectives");
        foreach (var one in state.Objectives)
        {
            WriteObjective(page, state, one);
        }

        WriteFailures(page, state);
        WritePrompts(page, all);
        WriteIdentity(page, state);
        return page.Finish();
    }

    private static void WriteSummary(HtmlPage page, RunState state, ImmutableArray<DiscoveryEvent> events)
    {
        page.Text("p", $"Score: {state.Start?.Score ?? "not begun"}");
        page.Text("p", state.Stop is { } stop ? $"The search has ended. {stop.Message}" : "The search has not ended.");
        if (state.BestProposal is { } best)
        {
            page.Element("p", () =>
            {
                page.Write("The best proposal is ");
                page.LinkTo(best.Number, ReportCharts.Name(best));
                page.Write($": {UntrustedText.Line(best.Feedback!)}");
            });
            page.Text("p", "It was picked for being the best of many, so its fitness in the search is too good. What was measured where the search has never been is below.", "muted");
        }

        if (!state.Confirmations.IsEmpty)
        {
            Table(page, ["confirmation", "objective", "result"], state.Confirmations.Select(done => new[]
            {
                done.Stage, state.Objective(done.Number) is { } one ? ReportCharts.Name(one) : Text(done.Number), done.Result,
            }));
        }

        var turns = state.Attempts.SelectMany(attempt => attempt.Turns).ToArray();
        Table(page, [],
        [
            ["proposals scored", Text(state.Generations)],
            ["proposals asked for", Text(state.Attempts.Length)],
            ["replies refused", Text(turns.Count(turn => turn.IsRejected))],
            ["replies that were an earlier objective again", Text(turns.Count(turn => turn.DuplicateOf is not null))],
            ["replies of the model", Text(state.Use.Replies)],
            ["tokens of prompts and replies", $"{Text(state.Use.InputTokens)} + {Text(state.Use.OutputTokens)}{(state.Use.RepliesWithoutTokens > 0 ? $", and unknown ones of {Text(state.Use.RepliesWithoutTokens)} replies" : "")}"],
            ["cost of the replies", state.Use.Cost > 0 ? state.Use.Cost.ToString("0.####", CultureInfo.InvariantCulture) : "no prices were given"],
            ["from the first to the last event", events.IsEmpty ? "" : (events[^1].Time - events[0].Time).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture)],
        ]);
    }

    private static void WriteFitness(HtmlPage page, RunState state)
    {
        page.Text("h2", "Fitness");
        page.Drawing(ReportCharts.Fitness(state));
        page.Text("p", "Bars are Student's 95 % intervals over seeds. Differences are at equal seeds, which is why they are known better than the fitness itself.", "muted");
        page.Element("table", () =>
        {
            page.Row("th", "objective", "fitness", "seeds", "against the baseline");
            foreach (var one in state.Objectives)
            {
                page.Element("tr", () =>
                {
                    page.Element("td", () => page.LinkTo(one.Number, ReportCharts.Name(one)));
                    page.Text("td", one.Failure ?? (one.Fitness is { } fitness ? FitnessText.Of(fitness) : "not scored yet"), one.Failure is null ? null : "bad");
                    page.Text("td", Text(one.Scores.Length));
                    var difference = state.Baseline is { } baseline && baseline.Number != one.Number ? one.DifferenceTo(baseline) : null;
                    page.Text("td", difference is { } d ? FitnessText.OfDifference(d) : "", difference switch { { Lower: > 0 } => "good", { Upper: < 0 } => "bad", _ => null });
                });
            }
        });
    }

    private static void WriteCurves(HtmlPage page, RunState state, IObjectiveDomain domain)
    {
        var charts = ReportCharts.Losses(state, domain).ToArray();
        if (charts.Length > 0)
        {
            page.Text("h2", "Losses and gradients");
            foreach (var chart in charts)
            {
                page.Drawing(chart);
            }

            page.Text("p", "All rows of the line are one batch, which losses with statistics over the batch see as a whole.", "muted");
        }
    }

    private static void WriteObjective(HtmlPage page, RunState state, ScoredObjective one)
    {
        page.HeadingOf(one.Number, ReportCharts.Name(one));
        page.Text("p", one.Feedback ?? "not settled yet");
        WriteLineage(page, state, one);
        if (one.Proposal.Thought.Length > 0)
        {
            page.Lines("blockquote", one.Proposal.Thought);
        }

        page.Lines("pre", one.Proposal.Code);
        List(page, one.Properties);
        List(page, one.Findings.Select(Text));
        var charts = ReportCharts.Training(one).ToArray();
        if (charts.Length > 0)
        {
            page.Details("training curves, first seed", () =>
            {
                foreach (var chart in charts)
                {
                    page.Drawing(chart);
                }
            });
        }

        if (one.Scores.Any(score => !score.Measures.IsEmpty))
        {
            var names = one.Scores.SelectMany(score => score.Measures.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
            page.Details("measures by seed", () => Table(page, ["seed", "score", .. names], one.Scores.Select(score => (string[])
                [score.Seed.ToString(CultureInfo.InvariantCulture), Text(score.Score), .. names.Select(name => Text(score.Measures.TryGetValue(name, out var value) ? value : null))])));
        }
    }

    /// <summary>Where an objective comes from: what its prompt showed.</summary>
    private static void WriteLineage(HtmlPage page, RunState state, ScoredObjective one)
    {
        if (one.Attempt is not { } number || number > state.Attempts.Length)
        {
            page.Text("p", "established", "muted");
            return;
        }

        var turns = state.Attempts[number - 1].Turns;
        page.Element("p", () =>
        {
            page.Write($"attempt {Text(number)}{(turns.Length > 1 ? $", after {Text(turns.Length - 1)} refusals" : "")}; the prompt showed ");
            foreach (var shown in turns[0].Shown)
            {
                page.LinkTo(shown, Text(shown));
                page.Write(" ");
            }
        }, "muted");
    }

    private static void WriteFailures(HtmlPage page, RunState state)
    {
        var failures = state.Attempts.SelectMany(attempt => attempt.Turns.Select((turn, index) => (attempt.Number, Index: index, Turn: turn)))
            .Where(one => one.Turn.IsRejected || one.Turn.DuplicateOf is not null).ToArray();
        if (failures.Length == 0)
        {
            return;
        }

        page.Text("h2", "Replies that were not scored");
        foreach (var (number, index, turn) in failures)
        {
            page.Details($"attempt {Text(number)}, turn {Text(index + 1)}: {(turn.DuplicateOf is { } of ? $"objective {Text(of)} again" : "refused")}", () =>
            {
                List(page, turn.Findings.Select(Text));
                page.Lines("pre", turn.Reply?.Text ?? "");
            });
        }
    }

    private static void WritePrompts(HtmlPage page, ImmutableArray<DiscoveryEvent> events)
    {
        page.Text("h2", "Conversation");
        page.Text("p", "What each prompt had beyond the one before it, and the reply.", "muted");
        foreach (var one in events)
        {
            if (one is PromptWritten prompt)
            {
                page.Details($"attempt {Text(prompt.Attempt)}, turn {Text(prompt.Turn + 1)}: the prompt{(prompt.Kept > 0 ? $" after {Text(prompt.Kept)} messages of the one before" : "")}", () =>
                {
                    foreach (var message in prompt.Messages)
                    {
                        page.Text("p", message.Role, "muted");
                        page.Lines("pre", message.Text);
                    }
                });
            }
            else if (one is ReplyReceived reply)
            {
                page.Details($"attempt {Text(reply.Attempt)}, turn {Text(reply.Turn + 1)}: the reply, {(reply.OutputTokens is { } tokens ? $"{Text(tokens)} tokens" : $"{Text(reply.Text.Length)} characters")}", () => page.Lines("pre", reply.Text));
            }
        }
    }

    private static void WriteIdentity(HtmlPage page, RunState state)
    {
        if (state.Start is { } start)
        {
            page.Text("h2", "What the run is");
            Table(page, [], start.Identity.Select(one => new[] { one.Key, one.Value }));
        }
    }

    private static void Table(HtmlPage page, string[] heading, IEnumerable<string[]> rows) => page.Element("table", () =>
    {
        if (heading.Length > 0)
        {
            page.Row("th", heading);
        }

        foreach (var row in rows)
        {
            page.Row("td", row);
        }
    });

    private static void List(HtmlPage page, IEnumerable<string> items)
    {
        string[] all = [.. items];
        if (all.Length > 0)
        {
            page.Element("ul", () =>
            {
                foreach (var item in all)
                {
                    page.Text("li", item);
                }
            });
        }
    }

    private static string Text(ValidationFinding finding) => $"{finding.Rung}{(finding.IsError ? "" : " (a note)")}: {finding.Message}";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(double? number) => number?.ToString("G5", CultureInfo.InvariantCulture) ?? "";
}
