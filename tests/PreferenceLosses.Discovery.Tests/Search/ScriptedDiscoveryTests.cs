using System.Diagnostics;
using System.Text.RegularExpressions;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Search;

/// <summary>The run that works out of the box: the built-in conversation, the real validation, the real training.</summary>
public sealed partial class ScriptedDiscoveryTests
{
    private static string Reply(Proposal proposal) =>
        $"{{\"thought\": {UntrustedText.Quoted(proposal.Thought)}, \"name\": {UntrustedText.Quoted(proposal.Name)}, \"code\": {UntrustedText.Quoted(proposal.Code)}}}";

    private static async Task<RunState> RunAsync(string path, int threads)
    {
        using var evaluator = SentimentEvaluator.OfFilms(new() { MaxThreads = threads });
        var options = new DiscoveryOptions
        {
            MaximumAttempts = ScriptedRun.Proposals.Length,
            MaximumRepairs = 0,
            Confirmation = SentimentEvaluator.Confirmation(evaluator),
        };
        return await new DiscoveryRun(new PairDomain(), evaluator, new ScriptedModel([.. ScriptedRun.Proposals.Select(Reply)]), options).RunAsync(path);
    }

    /// <summary>Twenty generations: 4 established losses, 14 valid proposals, and 2 more losses' worth of confirmation. Three minutes on two cores are six of processor time.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task The_built_in_conversation_is_searched_in_three_minutes_on_two_cores_and_again_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var state = await RunAsync(folder.PathOf("first.jsonl"), threads: 2);
        process.Refresh();
        var used = process.TotalProcessorTime - before;
        Assert.InRange(used, TimeSpan.Zero, TimeSpan.FromMinutes(6));

        int[] refused = [.. state.Attempts.Where(attempt => attempt.Turns[^1].IsRejected).Select(attempt => attempt.Number)];
        Assert.Equal([9, 14, 15, 16], refused);
        Assert.Equal(14, state.Generations);
        Assert.Equal(StopReason.Attempts, state.Stop!.Reason);
        Assert.Equal(3, state.Confirmations.Length);

        await RunAsync(folder.PathOf("second.jsonl"), threads: 1);
        Assert.Equal(WithoutTimes(folder.PathOf("first.jsonl")), WithoutTimes(folder.PathOf("second.jsonl")));
    }

    private static string WithoutTimes(string path) => Time().Replace(File.ReadAllText(path), "");

    [GeneratedRegex("\"time\":\"[^\"]*\"")]
    private static partial Regex Time();
}
