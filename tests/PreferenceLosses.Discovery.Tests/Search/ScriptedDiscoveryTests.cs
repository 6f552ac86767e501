using System.Diagnostics;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Search;

/// <summary>The run that works out of the box: the built-in conversation, the real validation, the real training.</summary>
[Collection("Alone")]
public sealed class ScriptedDiscoveryTests
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

    /// <summary>
    /// 18 proposals, of which 14 are scored, beside 4 established losses and the confirmation. What is held is processor time, which other load of the machine hardly changes: six
    /// minutes, which are three on two cores.
    /// </summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task The_18_built_in_proposals_take_six_minutes_of_processor_time_at_most_and_give_the_same_scores_again_bit_for_bit()
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
        Assert.Equal(ArchiveText.Of(folder.PathOf("first.jsonl")), ArchiveText.Of(folder.PathOf("second.jsonl")));
    }
}
