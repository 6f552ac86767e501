using System.Text.Json;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery.Tests.Support;

/// <summary>Plays replies in their order, each of 10 tokens after a prompt of 100.</summary>
internal sealed class ScriptedModel(IReadOnlyList<string> replies, int first = 0) : IChatClient
{
    public List<ChatMessage[]> Prompts { get; } = [];

    public List<ChatOptions> Options { get; } = [];

    /// <summary>Null if the service does not say.</summary>
    public UsageDetails? Usage { get; init; } = new() { InputTokenCount = 100, OutputTokenCount = 10 };

    /// <summary>A reply in the form that is asked for.</summary>
    public static string Reply(string name, string formula, string thought = "A thought.") =>
        "{\"thought\": " + JsonSerializer.Serialize(thought) + ", \"name\": " + JsonSerializer.Serialize(name) + ", \"code\": " + JsonSerializer.Serialize(SmallDomain.Code("f", formula)) + "}";

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Prompts.Add([.. messages]);
        Options.Add(options!);
        var text = replies[first + Prompts.Count - 1];
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, text)) { Usage = Usage, FinishReason = ChatFinishReason.Stop });
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("script", null, "script") : null;

    public void Dispose()
    {
    }
}
