using Microsoft.Extensions.AI;
using PreferenceLosses.Discovery.Tests.Support;
using static PreferenceLosses.Discovery.Tests.Support.TestModel;

namespace PreferenceLosses.Discovery.Tests.Chat;

public sealed class RetryingChatClientTests
{
    private readonly HandTime time = new(skipped: TimeSpan.FromHours(1));

    private static ChatModelException Busy(double? retryAfter = null) =>
        new("Busy.") { IsTransient = true, RetryAfter = retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null };

    [Fact]
    public async Task It_waits_longer_each_time_and_shortens_waits_by_chance_by_half_at_most()
    {
        var model = new TestModel([.. Enumerable.Repeat(Fails(Busy()), 7), Says("at last")]);
        using var client = new RetryingChatClient(model, time: time, random: new Random(1));
        Assert.Equal("at last", (await client.GetResponseAsync(Ask("x"))).Text);
        var longest = new[] { 2.0, 4, 8, 16, 32, 60, 60 };
        Assert.Equal(longest.Length, time.Waits.Count);
        Assert.All(time.Waits.Zip(longest), wait => Assert.InRange(wait.First.TotalSeconds, wait.Second / 2, wait.Second));
        Assert.True(time.Waits.Zip(longest).Select(wait => Math.Round(wait.First.TotalSeconds / wait.Second, 3)).Distinct().Count() > 3);
    }

    [Fact]
    public async Task It_waits_as_long_as_the_server_asks_for_but_not_for_ever()
    {
        using var client = new RetryingChatClient(new TestModel(Fails(Busy(100)), Says("x")), time: time);
        await client.GetResponseAsync(Ask("x"));
        Assert.Equal([TimeSpan.FromSeconds(100)], time.Waits);

        using var impatient = new RetryingChatClient(new TestModel(Fails(Busy(3600))), time: time);
        var failed = await Assert.ThrowsAsync<ChatModelException>(() => impatient.GetResponseAsync(Ask("x")));
        Assert.Contains("asks to wait 01:00:00", failed.Message, StringComparison.Ordinal);
        Assert.Single(time.Waits);
    }

    [Fact]
    public async Task It_gives_up_and_says_what_happened_last()
    {
        var model = new TestModel([.. Enumerable.Repeat(Fails(new HttpRequestException("Broken.")), 3)]);
        var notes = new List<string>();
        using var client = new RetryingChatClient(model, new RetryOptions { MaxAttempts = 3 }, time) { Notes = new Listed(notes) };
        var failed = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("x")));
        Assert.Equal("Broken. That was attempt 3, the last one.", failed.Message);
        Assert.Equal(3, model.Requests.Count);
        Assert.Equal(2, notes.Count);
        Assert.StartsWith("Broken. Trying again in ", notes[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_will_fail_again_is_not_tried_again()
    {
        var model = new TestModel(Fails(new ChatModelException("No such model.")), Says("x"));
        using var client = new RetryingChatClient(model, time: time);
        Assert.Equal("No such model.", (await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("x")))).Message);
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        using var client = new RetryingChatClient(new TestModel(Fails(Busy())), time: new HandTime());
        var reply = client.GetResponseAsync(Ask("x"), cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
    }

    [Fact]
    public async Task A_stream_is_retried_too()
    {
        using var client = new RetryingChatClient(new TestModel(Fails(Busy()), Says("whole")), time: time);
        var updates = new List<string>();
        await foreach (var update in client.GetStreamingResponseAsync(Ask("x")))
        {
            updates.Add(update.Text);
        }

        Assert.Equal("whole", string.Concat(updates));
    }

    private sealed class Listed(List<string> notes) : IProgress<string>
    {
        public void Report(string value) => notes.Add(value);
    }
}
