using System.Text.Json;
using Microsoft.Extensions.AI;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Chat;

public sealed class OpenAICompatibleChatClientTests : IDisposable
{
    private const string KeyVariable = "PREFERENCE_LOSSES_TEST_KEY";
    private const string Key = "sk-very-secret-0123456789";

    private static readonly ChatMessage[] Conversation = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "A \"loss\" with β?")];

    public OpenAICompatibleChatClientTests() => Environment.SetEnvironmentVariable(KeyVariable, Key);

    public void Dispose() => Environment.SetEnvironmentVariable(KeyVariable, null);

    private static OpenAICompatibleChatClient Client(LoopbackServer server, TimeProvider? time = null, bool hasJsonMode = true) =>
        new(new OpenAICompatibleOptions(server.Address, "m") { KeyVariable = KeyVariable, HasJsonMode = hasJsonMode }, time);

    private static JsonElement Body(string request) => JsonElement.Parse(request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);

    private static async Task<ChatModelException> FailureAsync(string answer)
    {
        using var server = new LoopbackServer(answer);
        using var client = Client(server);
        var failed = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Conversation));
        Assert.DoesNotContain(Key, failed.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Message);
        return failed;
    }

    [Fact]
    public async Task A_request_is_what_the_protocol_says_and_the_reply_comes_with_its_usage()
    {
        using var server = new LoopbackServer(LoopbackServer.Reply("Yes: βρ."));
        using var client = Client(server);
        var response = await client.GetResponseAsync(
            Conversation, new ChatOptions { Temperature = 0.5f, Seed = 7, MaxOutputTokens = 100, ResponseFormat = ChatResponseFormat.Json, StopSequences = ["END"] });

        Assert.Equal("Yes: βρ.", response.Text);
        Assert.Equal((120, 30, 150), (response.Usage!.InputTokenCount!.Value, response.Usage.OutputTokenCount!.Value, response.Usage.TotalTokenCount!.Value));
        Assert.Equal("m-2026", response.ModelId);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);

        var request = Assert.Single(server.Requests);
        Assert.StartsWith("POST /v1/chat/completions HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains($"Authorization: Bearer {Key}\r\n", request, StringComparison.Ordinal);
        Assert.Equal(
            """{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"A \"loss\" with β?"}],"temperature":0.5,"seed":7,"max_tokens":100,"stop":["END"],"response_format":{"type":"json_object"}}""",
            Body(request).GetRawText());
    }

    [Fact]
    public async Task An_image_is_sent_as_data_and_JSON_mode_can_be_off()
    {
        using var server = new LoopbackServer(LoopbackServer.Reply("A curve."));
        using var client = Client(server, hasJsonMode: false);
        var message = new ChatMessage(ChatRole.User, [new TextContent("See"), new DataContent(new byte[] { 1, 2, 3 }, "image/png")]);
        await client.GetResponseAsync([message], new ChatOptions { ResponseFormat = ChatResponseFormat.Json });
        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}]}]}""",
            Body(server.Requests[0]).GetRawText());
    }

    [Fact]
    public async Task What_is_not_passed_on_is_refused()
    {
        using var server = new LoopbackServer(LoopbackServer.Reply("x"));
        using var client = Client(server);
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(Conversation, new ChatOptions { TopK = 3 }));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("429 Too Many Requests", true, 17)]
    [InlineData("503 Service Unavailable", true, null)]
    [InlineData("500 Internal Server Error", true, null)]
    [InlineData("408 Request Timeout", true, null)]
    [InlineData("400 Bad Request", false, null)]
    [InlineData("401 Unauthorized", false, null)]
    [InlineData("404 Not Found", false, null)]
    public async Task An_error_says_what_the_server_said_and_whether_trying_again_helps(string status, bool isTransient, int? retryAfter)
    {
        var failed = await FailureAsync(LoopbackServer.Json(
            status, $$"""{"error": {"message": "No: the key {{Key}}\nis \u001b[31mbad", "type": "x"} }""", retryAfter is { } seconds ? $"Retry-After: {seconds}\r\n" : ""));
        Assert.Equal(isTransient, failed.IsTransient);
        Assert.Equal(status.StartsWith("408", StringComparison.Ordinal), failed.MayHaveCost);
        Assert.Equal(retryAfter is { } wait ? TimeSpan.FromSeconds(wait) : null, failed.RetryAfter);
        Assert.Contains(status[..3], failed.Message, StringComparison.Ordinal);
        Assert.Contains("No: the key [key] is ␛[31mbad", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_date_may_say_when_to_try_again()
    {
        var time = new HandTime();
        var date = (time.GetUtcNow() + TimeSpan.FromSeconds(90)).ToString("R");
        using var server = new LoopbackServer(LoopbackServer.Json("429 Too Many Requests", "{}", $"Retry-After: {date}\r\n"));
        using var client = Client(server, time);
        var failed = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Conversation));
        Assert.Equal(TimeSpan.FromSeconds(90), failed.RetryAfter);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_the_key()
    {
        using var elsewhere = new LoopbackServer(LoopbackServer.Reply("stolen"));
        var failed = await FailureAsync(LoopbackServer.Json("307 Temporary Redirect", "", $"Location: {elsewhere.Address}\r\n"));
        Assert.False(failed.IsTransient);
        Assert.Contains("a redirect, which is not followed", failed.Message, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("{\"choices\": []}", "no choices")]
    [InlineData("{\"choices\": 3}", "no choices")]
    [InlineData("[]", "no choices")]
    [InlineData("", "cannot be read")]
    [InlineData("<html>Bad gateway</html>", "cannot be read")]
    [InlineData("{\"choices\": [{\"message\": null}]}", "without a message")]
    [InlineData("{\"choices\": [3]}", "without a message")]
    [InlineData("{\"choices\": [{\"message\": {\"content\": \"\\ud800\"}}]}", "cannot be read")]
    public async Task An_answer_that_claims_success_and_is_none_is_refused(string body, string reason)
    {
        var failed = await FailureAsync(LoopbackServer.Json("200 OK", body));
        Assert.True(failed.IsTransient && failed.MayHaveCost);
        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"choices\": [")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{")]
    [InlineData("")]
    [InlineData("\u0001\u0002 no HTTP at all\r\n\r\n")]
    public async Task An_answer_that_is_cut_off_or_garbage_may_be_asked_for_again(string answer)
    {
        var failed = await FailureAsync(answer);
        Assert.True(failed.IsTransient && failed.MayHaveCost);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[1]")]
    public async Task A_reply_without_a_text_was_paid_for_and_is_not_asked_for_again(string content)
    {
        using var server = new LoopbackServer(LoopbackServer.Json(
            "200 OK", $$"""{"choices": [{"message": {"content": {{content}}}, "finish_reason": "length"}], "usage": {"prompt_tokens": 7, "completion_tokens": 4096} }"""));
        using var client = Client(server);
        var response = await client.GetResponseAsync(Conversation);
        Assert.Equal("", response.Text);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(4096, response.Usage!.OutputTokenCount);
        Assert.Null(ReplyReader.Read(response.Text).Proposal);
    }

    [Fact]
    public async Task A_refusal_is_a_reply()
    {
        using var server = new LoopbackServer(LoopbackServer.Json("200 OK", """{"choices": [{"message": {"content": null, "refusal": "I won't."}, "finish_reason": "stop"}]}"""));
        using var client = Client(server);
        var response = await client.GetResponseAsync(Conversation);
        Assert.Equal("I won't.", response.Text);
        Assert.Null(response.Usage);
    }

    [Fact]
    public async Task A_huge_answer_is_not_read_to_its_end()
    {
        using var huge = new LoopbackServer("HTTP/1.1 200 OK\r\n\r\n" + new string('x', OpenAICompatibleChatClient.LongestAnswer + 1));
        using var client = Client(huge);
        var failed = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Conversation));
        Assert.False(failed.IsTransient);
        Assert.Contains("4194304 bytes", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_reply_is_given_up_when_the_time_is_over()
    {
        var time = new HandTime();
        using var server = new LoopbackServer();
        using var client = Client(server, time);
        var reply = client.GetResponseAsync(Conversation);
        await server.Silence;
        time.Advance(TimeSpan.FromMinutes(5));
        var failed = await Assert.ThrowsAsync<ChatModelException>(() => reply);
        Assert.True(failed.IsTransient);
        Assert.Contains("00:05:00", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_is_no_failure_of_the_model()
    {
        using var stop = new CancellationTokenSource();
        using var server = new LoopbackServer();
        using var client = Client(server);
        var reply = client.GetResponseAsync(Conversation, cancellationToken: stop.Token);
        await server.Silence;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
    }

    [Fact]
    public async Task A_server_that_is_not_there_may_come_back()
    {
        Uri address;
        using (var server = new LoopbackServer())
        {
            address = server.Address;
        }

        using var client = new OpenAICompatibleChatClient(new OpenAICompatibleOptions(address, "m"));
        var failed = await Assert.ThrowsAsync<ChatModelException>(() => client.GetResponseAsync(Conversation));
        Assert.True(failed.IsTransient);
        Assert.False(failed.MayHaveCost);
    }

    [Theory]
    [InlineData("http://example.org/v1", KeyVariable, "by https")]
    [InlineData("https://example.org/v1", "PREFERENCE_LOSSES_NOT_SET", "'PREFERENCE_LOSSES_NOT_SET' has no key")]
    [InlineData("ftp://example.org/v1", null, "http or https")]
    [InlineData("https://me:hunter2@example.org/v1", null, "without a name")]
    public void Options_that_cannot_work_are_refused_at_once(string address, string? variable, string reason)
    {
        var failed = Assert.Throws<ArgumentException>(() => new OpenAICompatibleChatClient(new OpenAICompatibleOptions(new Uri(address), "m") { KeyVariable = variable }));
        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failed.Message, StringComparison.Ordinal);
    }
}
