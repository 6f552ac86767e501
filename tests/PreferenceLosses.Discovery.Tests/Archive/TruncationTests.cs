using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Archive;

/// <summary>A run is killed at every byte of its archive, and goes on as if it had not been.</summary>
public sealed class TruncationTests
{
    /// <summary>Everything that a run knows: an unreadable reply, two repairs, a duplicate, a diverged one, one that is given up early, one that is better, a failed attempt.</summary>
    private static readonly string[] Replies =
    [
        ScriptedModel.Reply("worse", "torch.exp(-x)"),
        "I would rather not.",
        ScriptedModel.Reply("scalar", "torch.exp(-2 * x).mean()"),
        ScriptedModel.Reply("better", "torch.exp(-3 * x)"),
        ScriptedModel.Reply("again", "-torch.log(torch.sigmoid(x))"),
        ScriptedModel.Reply("diverges", "torch.exp(-4 * x)"),
        "No.",
        "No!",
        "No\ud800?",
        ScriptedModel.Reply("equal", "torch.exp(-5 * x)"),
    ];

    private static double? Quality(string name) => name switch { "worse" => -1, "better" => 1, "diverges" => null, _ => 0 };

    private static DiscoveryOptions Options(ArithmeticEvaluator confirming) => new()
    {
        MaximumGenerations = 4,
        MaximumRepairs = 2,
        SeedRounds = [2, 3],
        Prices = new(1, 2),
        Confirmation = [new("held-out", confirming, [7, 8])],
    };

    private static async Task<(RunState State, ScriptedModel Model, ArithmeticEvaluator Search, ArithmeticEvaluator Confirmation)> RunAsync(string path, int first)
    {
        var search = new ArithmeticEvaluator { Quality = Quality };
        var confirming = new ArithmeticEvaluator { Quality = Quality, Fingerprint = "other" };
        var model = new ScriptedModel(Replies, first);
        var state = await new DiscoveryRun(new SmallDomain(), search, model, Options(confirming)).RunAsync(path);
        return (state, model, search, confirming);
    }

    /// <summary>Before a line, in its middle, and before its line feed.</summary>
    [Fact]
    public Task A_run_that_was_cut_off_in_any_line_ends_in_the_same_archive_and_does_only_what_is_missing() => CheckAsync(bytes =>
    {
        var ends = Enumerable.Range(0, bytes.Length).Where(i => bytes[i] == '\n').ToArray();
        return [.. ends.SelectMany((end, i) => (int[])[i == 0 ? 0 : ends[i - 1] + 1, ((i == 0 ? 0 : ends[i - 1] + 1) + end) / 2, end]), bytes.Length];
    });

    /// <summary>So at any byte a run goes on from the end of the line before it, and what it does from there the other tests look at.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task An_archive_that_was_cut_off_at_any_byte_is_the_archive_up_to_the_last_whole_line()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("run.jsonl");
        await RunAsync(path, 0);
        var bytes = await File.ReadAllBytesAsync(path);
        for (var length = 0; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(path, bytes[..length]);
            RunArchive.Open(path).Dispose();
            Assert.Equal(bytes.AsSpan(0, length).LastIndexOf((byte)'\n') + 1, new FileInfo(path).Length);
        }
    }

    [Fact]
    [Trait("Category", "Long")]
    public Task A_run_that_was_cut_off_at_any_byte_ends_in_the_same_archive_and_does_only_what_is_missing() =>
        CheckAsync(bytes => [.. Enumerable.Range(0, bytes.Length + 1)]);

    private static async Task CheckAsync(Func<byte[], int[]> lengths)
    {
        using var folder = new TemporaryFolder();
        var whole = folder.PathOf("whole.jsonl");
        var (state, _, search, confirming) = await RunAsync(whole, 0);
        Assert.Equal(4, state.Generations);
        Assert.Equal(Replies.Length, state.Use.Replies);
        Assert.Equal(StopReason.Generations, state.Stop!.Reason);
        var bytes = await File.ReadAllBytesAsync(whole);
        var expected = ArchiveText.Of(whole);
        var all = search.Asked.Concat(confirming.Asked).Order().ToArray();

        // Several at once: a run waits for the disk most of its time.
        await Parallel.ForEachAsync(lengths(bytes), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (length, token) =>
        {
            var cut = folder.PathOf($"cut-{length}.jsonl");
            await File.WriteAllBytesAsync(cut, bytes[..length], token);
            var known = RunArchive.Read(cut);
            var (_, model, again, confirmingAgain) = await RunAsync(cut, known.Use.Replies);
            Assert.Equal(expected, ArchiveText.Of(cut));
            Assert.Equal(Replies.Length - known.Use.Replies, model.Prompts.Count);

            var had = known.Objectives.SelectMany(one => one.Scores.Concat(one.ConfirmationScores.Values.SelectMany(scores => scores)).Select(score => (one.Name, score.Seed)));
            Assert.Equal(all, had.Concat(again.Asked).Concat(confirmingAgain.Asked).Order());
            File.Delete(cut);
        });
    }
}
