using System.Globalization;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>How often and when a request is made again.</summary>
public sealed record RetryOptions
{
    /// <summary>The most requests for one reply, 1 at least; 8 if not set, which is one and a half to three minutes of waiting.</summary>
    public int MaxAttempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    = 8;

    /// <summary>The wait before the second request, which doubles from one to the next; 2 s if not set.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait of our own; a minute if not set.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest wait that a server may ask for; where it asks for more, trying ends. 15 minutes if not set.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(15);
}

/// <summary>
/// Makes a request again where that may help (<see cref="ChatModelException.IsTransient"/>, or a connection that broke): after waits that double, each shortened by chance by
/// up to a half so that clients do not return all at once, and not before the server wants it.
/// </summary>
/// <param name="innerClient">The client that is asked.</param>
/// <param name="options">How often and when.</param>
/// <param name="time">What waits are measured by; the system's clock if null.</param>
/// <param name="random">Where chance comes from; the process's if null. It decides on waits and on nothing else.</param>
public sealed class RetryingChatClient(IChatClient innerClient, RetryOptions? options = null, TimeProvider? time = null, Random? random = null) : WholeReplyChatClient(innerClient)
{
    private readonly RetryOptions options = options ?? new RetryOptions();
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly Random random = random ?? Random.Shared;

    /// <summary>Told of each failure that is followed by another try: what happened, and how long is waited.</summary>
    public IProgress<string>? Notes { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ChatModelException">Trying again did not help, or could not.</exception>
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> conversation = [.. messages];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await base.GetResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failed) when (failed is ChatModelException { IsTransient: true } or HttpRequestException or IOException)
            {
                var delay = DelayAfter(attempt, failed);
                Notes?.Report(string.Create(CultureInfo.InvariantCulture, $"{failed.Message} Trying again in {delay.TotalSeconds:F1} s."));
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private TimeSpan DelayAfter(int attempt, Exception failed)
    {
        if (attempt >= options.MaxAttempts)
        {
            throw new ChatModelException(string.Create(CultureInfo.InvariantCulture, $"{failed.Message} That was attempt {attempt}, the last one."), failed);
        }

        var asked = (failed as ChatModelException)?.RetryAfter ?? TimeSpan.Zero;
        if (asked > options.LongestRetryAfter)
        {
            throw new ChatModelException($"{failed.Message} The server asks to wait {asked}; at most {options.LongestRetryAfter} is waited.", failed);
        }

        var own = Math.Min(options.FirstDelay.TotalSeconds * Math.Pow(2, attempt - 1), options.LongestDelay.TotalSeconds);
        var shortened = TimeSpan.FromSeconds(own * (1 - (0.5 * random.NextDouble())));
        return asked > shortened ? asked : shortened;
    }
}
