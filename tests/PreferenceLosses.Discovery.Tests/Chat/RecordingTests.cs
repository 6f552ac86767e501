using Microsoft.Extensions.AI;
using PreferenceLosses.Discovery.Tests.Support;
using static PreferenceLosses.Discovery.Tests.Support.TestModel;

namespace PreferenceLosses.Discovery.Tests.Chat;

public sealed class RecordingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Path => folder.PathOf("chat.jsonl");

    public void Dispose() => folder.Dispose();

    private async Task RecordAsync(params (string Ask, string Reply)[] exchanges)
    {
        using var client = new RecordingChatClient(new TestModel([.. exchanges.Select(exchange => Says(exchange.Reply, 12, 3))]), Path);
        foreach (var (ask, _) in exchanges)
        {
            await client.GetResponseAsync(Ask(ask), new ChatOptions { Instructions = "Be brief.", Temperature = 0.5f });
        }
    }

    private static async Task<ChatResponse> AskAsync(ReplayingChatClient client, string text) =>
        await client.GetResponseAsync(Ask(text), new ChatOptions { Instructions = "Be brief." });

    [Fact]
    public async Task What_was_recorded_is_played()
    {
        await RecordAsync(("a", "1 \"β\"\n"), ("b", "2"), ("a", "3"));
        using var client = new ReplayingChatClient(Path);
        Assert.Equal("2", (await AskAsync(client, "b")).Text);
        var first = await AskAsync(client, "a");
        Assert.Equal("1 \"β\"\n", first.Text);
        Assert.Equal((12, 3), (first.Usage!.InputTokenCount!.Value, first.Usage.OutputTokenCount!.Value));
        Assert.Equal("test", first.ModelId);
        Assert.Equal(ChatFinishReason.Stop, first.FinishReason);
        Assert.Equal("3", (await AskAsync(client, "a")).Text);
        var end = await Assert.ThrowsAsync<ChatModelException>(() => AskAsync(client, "a"));
        Assert.Contains("played to its end", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_conversation_is_refused_with_where_it_differs()
    {
        await RecordAsync(("fitness 0.5 of dpo", "1"));
        using var client = new ReplayingChatClient(Path);
        var refused = await Assert.ThrowsAsync<ChatModelException>(() => AskAsync(client, "fitness 0.6 of dpo"));
        Assert.Contains("message 2 (user) differs at character 11: \"6 of dpo\" is asked, \"5 of dpo\" is recorded", refused.Message, StringComparison.Ordinal);
        var shorter = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.System, "Be brief.")]));
        Assert.Contains("it has 1 messages, and 2 are recorded", shorter.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_last_line_that_was_cut_off_is_passed_over_and_written_over()
    {
        await RecordAsync(("a", "1"), ("b", "2"));
        var whole = await File.ReadAllTextAsync(Path);
        await File.WriteAllTextAsync(Path, whole[..^7]);
        using (var client = new ReplayingChatClient(Path))
        {
            Assert.Equal("1", (await AskAsync(client, "a")).Text);
            await Assert.ThrowsAsync<ChatModelException>(() => AskAsync(client, "b"));
        }

        await RecordAsync(("b", "2"));
        Assert.Equal(whole, await File.ReadAllTextAsync(Path));
    }

    [Theory]
    [InlineData("{}\n")]
    [InlineData("nonsense\n")]
    [InlineData("{\"messages\": 3, \"reply\": \"x\"}\n")]
    public async Task A_line_that_is_no_exchange_is_refused_with_its_number(string line)
    {
        await RecordAsync(("a", "1"));
        await File.AppendAllTextAsync(Path, line);
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => new ReplayingChatClient(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_is_played_from_where_it_stands()
    {
        using var client = new ScriptedChatClient(["1", "2", "3"], played: 1);
        Assert.Equal("2", (await client.GetResponseAsync(Ask("x"))).Text);
        Assert.Equal("3", (await client.GetResponseAsync(Ask("x"))).Text);
        await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("x")));
    }

    [Fact]
    public async Task A_person_answers_in_files()
    {
        var time = new HandTime();
        var asked = new Told();
        using var client = new ManualChatClient(folder.Path, answered: 6, time) { Notes = asked };
        var reply = client.GetResponseAsync(Ask("What now?"));
        Assert.Contains("reply-0007.txt", await asked.Once, StringComparison.Ordinal);
        Assert.Equal("# user\n\nWhat now?\n\n", await File.ReadAllTextAsync(folder.PathOf("prompt-0007.md")));
        await File.WriteAllTextAsync(folder.PathOf("reply-0007.txt"), "Nothing.");
        while (!reply.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("Nothing.", (await reply).Text);

        // A process that ended before it read the answer asks again, and has it; another prompt has not.
        using var again = new ManualChatClient(folder.Path, answered: 6, new HandTime(skipped: TimeSpan.FromHours(1)));
        Assert.Equal("Nothing.", (await again.GetResponseAsync(Ask("What now?"))).Text);
        using var other = new ManualChatClient(folder.Path, answered: 6, time);
        var refused = await Assert.ThrowsAsync<ChatModelException>(() => other.GetResponseAsync(Ask("What else?")));
        Assert.Contains("answers another prompt", refused.Message, StringComparison.Ordinal);
    }

    private sealed class Told : IProgress<string>
    {
        private readonly TaskCompletionSource<string> source = new();

        public Task<string> Once => source.Task;

        public void Report(string value) => source.SetResult(value);
    }
}
