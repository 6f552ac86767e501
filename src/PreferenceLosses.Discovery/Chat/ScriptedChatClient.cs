using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>Plays replies from a list, whatever it is asked: for trying out a search without a model, and for tests.</summary>
public sealed class ScriptedChatClient : LocalChatClient
{
    private readonly ImmutableArray<string> replies;
    private int next;

    /// <summary>A client that plays.</summary>
    /// <param name="replies">The replies, in their order.</param>
    /// <param name="played">How many of them were played before, by the run that is resumed.</param>
    public ScriptedChatClient(IEnumerable<string> replies, int played = 0)
        : base("scripted")
    {
        ArgumentNullException.ThrowIfNull(replies);
        ArgumentOutOfRangeException.ThrowIfNegative(played);
        this.replies = [.. replies];
        next = played;
    }

    /// <inheritdoc/>
    /// <exception cref="ChatModelException">All replies were played.</exception>
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var index = Interlocked.Increment(ref next) - 1;
        return index < replies.Length
            ? Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, replies[index])) { ModelId = "scripted", FinishReason = ChatFinishReason.Stop })
            : throw new ChatModelException(string.Create(CultureInfo.InvariantCulture, $"The script has {replies.Length} replies, and all were played."));
    }
}
