using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Waits before a request while those of the last minute are at a limit. Tokens are counted when their reply is there, so a single reply can go above the limit; the next
/// request then waits. Requests may come from several tasks at once.
/// </summary>
public sealed class RateLimitedChatClient : WholeReplyChatClient
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly TimeProvider time;
    private readonly int? requestsPerMinute;
    private readonly long? tokensPerMinute;
    private readonly Lock gate = new();
    private readonly List<Request> recent = [];

    /// <summary>A client that waits.</summary>
    /// <param name="innerClient">The client that is asked.</param>
    /// <param name="requestsPerMinute">The most requests in any minute, 1 at least; any number if null.</param>
    /// <param name="tokensPerMinute">The tokens, of prompts and replies together, at which the next request waits, 1 at least; any number if null.</param>
    /// <param name="time">The clock; the system's if null.</param>
    public RateLimitedChatClient(IChatClient innerClient, int? requestsPerMinute = null, long? tokensPerMinute = null, TimeProvider? time = null)
        : base(innerClient)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requestsPerMinute ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokensPerMinute ?? 1, 1);
        this.requestsPerMinute = requestsPerMinute;
        this.tokensPerMinute = tokensPerMinute;
        this.time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = new Request();
        while (WaitFor(request) is { } delay)
        {
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }

        var response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        lock (gate)
        {
            request.Tokens = (response.Usage?.InputTokenCount ?? 0) + (response.Usage?.OutputTokenCount ?? 0);
        }

        return response;
    }

    /// <summary>Counts a request as begun, or says how long it has to wait until the oldest one is a minute old.</summary>
    private TimeSpan? WaitFor(Request request)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            recent.RemoveAll(old => now - old.Begun >= Window);
            if (recent.Count >= requestsPerMinute || recent.Sum(old => old.Tokens) >= tokensPerMinute)
            {
                return recent[0].Begun + Window - now;
            }

            request.Begun = now;
            recent.Add(request);
            return null;
        }
    }

    private sealed class Request
    {
        public DateTimeOffset Begun { get; set; }

        public long Tokens { get; set; }
    }
}
