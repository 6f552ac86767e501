using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>
/// A client around another one that does something about replies. A caller that asks for a stream gets the whole reply in one update, so that no request goes past what the
/// client is there for.
/// </summary>
/// <param name="innerClient">The client that is asked.</param>
public abstract class WholeReplyChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    /// <inheritdoc/>
    public sealed override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }
}
