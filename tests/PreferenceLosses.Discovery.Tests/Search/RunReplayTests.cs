using System.Collections.Immutable;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Search;

/// <summary>The replay of a run that did not go through in one call: killed, ended by a limit, gone on with, confirmed.</summary>
public sealed class RunReplayTests
{
    private static readonly string[] Replies =
    [
        ScriptedModel.Reply("worse", "torch.exp(-x)"),
        "I would rather not.",
        ScriptedModel.Reply("better", "torch.exp(-3 * x)"),
        ScriptedModel.Reply("again", "F.softplus(-x)"),
        ScriptedModel.Reply("best", "torch.exp(-5 * x)"),
    ];

    private static double? Quality(string name) => name switch { "worse" => -1, "better" => 1, "best" => 2, _ => 0 };

    private static DiscoveryOptions Options(int generations) => new()
    {
        MaximumGenerations = generations,
        MaximumRepairs = 1,
        SeedRounds = [2, 3],
        Confirmation = [new("fresh seeds", Evaluator("fresh"), [100, 101]), new("held-out", Evaluator("other"), [7, 8])],
    };

    private static ArithmeticEvaluator Evaluator(string fingerprint) => new() { Fingerprint = fingerprint, Quality = Quality };

    private static Task<RunState> RunAsync(string path, int generations) => new DiscoveryRun(
        new SmallDomain(), Evaluator("search"), new ScriptedModel(Replies, File.Exists(path) ? RunArchive.Read(path).Use.Replies : 0), Options(generations)).RunAsync(path);

    private static Task<RunReplay> ReplayAsync(IReadOnlyList<DiscoveryEvent> events) => RunReplay.CompareAsync(events, new SmallDomain(), Options(1));

    /// <summary>A run that ended after two generations and was confirmed, was gone on with to three and confirmed again; in between the end of the archive was lost, at any line after the first limit, and at some before.</summary>
    [Fact]
    public async Task A_run_that_was_killed_gone_on_with_and_confirmed_is_found_equal()
    {
        using var folder = new TemporaryFolder();
        var whole = folder.PathOf("whole.jsonl");
        await RunAsync(whole, 2);
        var state = await RunAsync(whole, 3);
        Assert.Equal(["better", "better", "best", "best"], state.Confirmations.Select(one => state.Objective(one.Number)!.Name));

        var lines = await File.ReadAllLinesAsync(whole);
        var end = Array.FindIndex(lines, line => line.Contains("\"event\":\"stopped\"", StringComparison.Ordinal));
        foreach (var kept in Enumerable.Range(end, lines.Length - end + 1).Concat([1, end / 3, end / 2]))
        {
            var path = folder.PathOf("cut.jsonl");
            var half = kept < lines.Length ? lines[kept][..(lines[kept].Length / 2)] : "";
            await File.WriteAllTextAsync(path, string.Join('\n', lines.Take(kept)) + "\n" + half);
            var isWithin = await ReplayAsync(RunArchive.ReadEvents(path));
            Assert.True(isWithin.IsSame, $"{kept} lines: {isWithin.Message}");

            await RunAsync(path, 3);
            var replay = await ReplayAsync(RunArchive.ReadEvents(path));
            Assert.True(replay.IsSame, $"killed after {kept} lines and gone on with: {replay.Message}");
        }
    }

    /// <summary>What was changed afterwards is found, wherever it is.</summary>
    [Fact]
    public async Task A_run_that_was_tampered_with_is_found_different()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("run.jsonl");
        await RunAsync(path, 2);
        await RunAsync(path, 3);
        ImmutableArray<DiscoveryEvent> events = [.. RunArchive.ReadEvents(path)];
        var changes = events.Select((one, i) => (i, Changed(one))).Where(one => one.Item2 is not null).ToArray();
        Assert.Equal(5, changes.Select(one => one.Item2!.GetType()).Distinct().Count());
        foreach (var (i, changed) in changes)
        {
            var replay = await ReplayAsync(events.SetItem(i, changed!));
            Assert.False(replay.IsSame, $"event {i + 1}, {changed}");
        }
    }

    /// <summary>The event as it cannot have been; null for one that is input, or is not compared.</summary>
    private static DiscoveryEvent? Changed(DiscoveryEvent value) => value switch
    {
        PromptWritten prompt => prompt with { Messages = prompt.Messages.SetItem(0, prompt.Messages[0] with { Text = prompt.Messages[0].Text + " " }) },
        ObjectiveAccepted accepted => accepted with { Properties = [.. accepted.Properties, "convex"] },
        DuplicateProposed duplicate => duplicate with { Of = 2 },
        ObjectiveSettled settled => settled with { Feedback = settled.Feedback + "!" },
        ObjectiveConfirmed confirmed => confirmed with { Result = "ahead of everything" },
        _ => null,
    };
}
