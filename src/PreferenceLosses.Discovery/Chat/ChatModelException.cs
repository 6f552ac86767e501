namespace PreferenceLosses.Discovery;

/// <summary>A chat model gave no reply: it is not there, refuses the request, answers nonsense, or the budget for it is spent.</summary>
public sealed class ChatModelException : Exception
{
    /// <summary>An exception with a general message.</summary>
    public ChatModelException()
        : base("The chat model gave no reply.")
    {
    }

    /// <summary>An exception.</summary>
    /// <param name="message">What happened, with whom, and what to do.</param>
    public ChatModelException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its cause.</summary>
    /// <param name="message">What happened, with whom, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ChatModelException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same request may succeed later: too many requests, a server that is down, a reply that was cut off on its way.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the model may have been at work all the same, so that the request may have cost something: it was sent, and the reply did not arrive, or not whole.</summary>
    internal bool MayHaveCost { get; init; }

    /// <summary>Why a search ends with it, as planned: the budget is spent; null for a failure, which a search can be gone on after.</summary>
    public StopReason? EndsSearch { get; init; }

    /// <summary>How long the server asks to wait; null if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
