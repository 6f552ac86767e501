using Microsoft.Extensions.AI;
using PreferenceLosses.Discovery.Tests.Support;
using static PreferenceLosses.Discovery.Tests.Support.TestModel;

namespace PreferenceLosses.Discovery.Tests.Chat;

public sealed class LimitTests
{
    private readonly HandTime time = new(skipped: TimeSpan.FromHours(1));

    [Fact]
    public async Task Requests_wait_until_the_oldest_of_the_last_minute_is_a_minute_old()
    {
        using var client = new RateLimitedChatClient(new TestModel([.. Enumerable.Repeat(Says("x"), 5)]), requestsPerMinute: 2, time: time);
        await client.GetResponseAsync(Ask("1"));
        time.Advance(TimeSpan.FromSeconds(20));
        await client.GetResponseAsync(Ask("2"));
        Assert.Empty(time.Waits);
        await client.GetResponseAsync(Ask("3"));
        await client.GetResponseAsync(Ask("4"));
        await client.GetResponseAsync(Ask("5"));
        Assert.Equal([40, 20, 40], time.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task Requests_wait_while_the_tokens_of_the_last_minute_are_at_the_limit()
    {
        using var client = new RateLimitedChatClient(
            new TestModel(Says("x", 400, 100), Says("x", 400, 200), Says("x", 1, 1)), tokensPerMinute: 1000, time: time);
        await client.GetResponseAsync(Ask("1"));
        time.Advance(TimeSpan.FromSeconds(10));
        await client.GetResponseAsync(Ask("2"));
        Assert.Empty(time.Waits);
        await client.GetResponseAsync(Ask("3"));
        Assert.Equal([50], time.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task A_budget_of_tokens_is_never_exceeded()
    {
        var model = new TestModel(Says("x", 100, 50), Says("x", 100, 50), Says("x", 100, 50));
        using var client = new BudgetedChatClient(model, new ChatBudget { MaxTokens = 1000 }, maxOutputTokens: 300, spent: new ModelUse(3, 0, 400, 100, 0));
        await client.GetResponseAsync(Ask("ten bytes!"));

        // 10 bytes, 32 for the message's form and 300 for the reply are 342: 650 + 342 is below 1,000, 800 + 342 is not.
        await client.GetResponseAsync(Ask("ten bytes!"));
        var refused = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("ten bytes!")));
        Assert.False(refused.IsTransient);
        Assert.Equal("The budget is 1000 tokens, 800 are spent, and the next request could need 342.", refused.Message);
        Assert.Equal(2, model.Requests.Count);
        Assert.All(model.Requests, request => Assert.Equal(300, request.Options!.MaxOutputTokens));
    }

    [Fact]
    public async Task A_budget_of_money_is_never_exceeded()
    {
        var model = new TestModel(Says("x", 1000, 1000), Says("x"));
        using var client = new BudgetedChatClient(model, new ChatBudget { MaxCost = 0.02m, Prices = new TokenPrices(InputPerMillion: 1, OutputPerMillion: 10) }, maxOutputTokens: 1000);
        await client.GetResponseAsync(Ask("x"));
        var refused = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("x")));
        Assert.Equal("The budget is 0.02, 0.011 is spent, and the next request could cost 0.01.", refused.Message);
        await client.GetResponseAsync(Ask("x"), new ChatOptions { MaxOutputTokens = 500 });
    }

    [Fact]
    public async Task A_reply_that_does_not_say_what_it_used_counts_as_the_most_and_a_refusal_as_nothing()
    {
        // 2 bytes, 32 for the form and 10 for the reply are 44: the failure is not counted, the reply is.
        var model = new TestModel(Fails(new ChatModelException("Busy.")), Says("x"), Says("x"));
        using var client = new BudgetedChatClient(model, new ChatBudget { MaxTokens = 87 }, maxOutputTokens: 10);
        await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("β")));
        await client.GetResponseAsync(Ask("β"));
        var refused = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("β")));
        Assert.Contains("44 are spent", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_try_whose_reply_did_not_arrive_counts_as_the_most_and_ends_the_trying()
    {
        // 44 tokens at most each: a refusal, a time-out, a broken connection, and then there is no place for another one.
        var model = new TestModel(
            Fails(new ChatModelException("Busy.") { IsTransient = true }),
            Fails(new ChatModelException("Late.") { IsTransient = true, MayHaveCost = true }),
            Fails(new HttpRequestException(HttpRequestError.ConnectionError)),
            Fails(new IOException("Broken.")),
            Says("x"));
        using var client = new RetryingChatClient(new BudgetedChatClient(model, new ChatBudget { MaxTokens = 131 }, maxOutputTokens: 10), time: time);
        var refused = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Ask("β")));
        Assert.Equal(StopReason.Tokens, refused.EndsSearch);
        Assert.Contains("88 are spent", refused.Message, StringComparison.Ordinal);
        Assert.Equal(4, model.Requests.Count);
    }

    [Fact]
    public void A_limit_on_money_needs_a_price()
    {
        Assert.Throws<ArgumentException>(() => new BudgetedChatClient(new TestModel(), new ChatBudget { MaxCost = 1 }, 10));
    }
}
