namespace PreferenceLosses.Discovery;

/// <summary>Where a chat model is, and how it is asked.</summary>
/// <param name="BaseAddress">The address that <c>chat/completions</c> stands below: <c>https://api.openai.com/v1/</c>, <c>http://localhost:11434/v1/</c>.</param>
/// <param name="Model">The model's name there.</param>
public sealed record OpenAICompatibleOptions(Uri BaseAddress, string Model)
{
    /// <summary>The environment variable that holds the key; null where no key is needed. The key itself is nowhere else: not in these options, not in messages, not in recordings.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>Whether a request for JSON (<see cref="Microsoft.Extensions.AI.ChatOptions.ResponseFormat"/>) is passed on as <c>response_format</c>. Some servers refuse it.</summary>
    public bool HasJsonMode { get; init; } = true;

    /// <summary>What the server calls the most tokens of a reply: <c>max_tokens</c> if not set, <c>max_completion_tokens</c> for OpenAI's newer models.</summary>
    public string MaxTokensField { get; init; } = "max_tokens";

    /// <summary>How long a reply may take; five minutes if not set.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
