using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery.Tests.Support;

/// <summary>A model that does what a test says, one step for each request, and keeps what it was asked.</summary>
internal sealed class TestModel(params Func<ChatResponse>[] steps) : IChatClient
{
    public List<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Requests { get; } = [];

    public static Func<ChatResponse> Says(string text, int input = 0, int output = 0) => () => new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
    {
        ModelId = "test",
        FinishReason = ChatFinishReason.Stop,
        Usage = input + output == 0 ? null : new UsageDetails { InputTokenCount = input, OutputTokenCount = output },
    };

    public static Func<ChatResponse> Fails(Exception exception) => () => throw exception;

    public static ChatMessage[] Ask(string text) => [new ChatMessage(ChatRole.User, text)];

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Requests.Add(([.. messages], options));
        return Task.FromResult(steps[Requests.Count - 1]());
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new InvalidOperationException("A stream would go past the decorators.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
