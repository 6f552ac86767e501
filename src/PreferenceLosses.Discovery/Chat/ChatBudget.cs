using System.Globalization;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>What a million tokens cost, in any currency.</summary>
/// <param name="InputPerMillion">Of prompts.</param>
/// <param name="OutputPerMillion">Of replies.</param>
public sealed record TokenPrice(decimal InputPerMillion, decimal OutputPerMillion)
{
    /// <summary>What a number of tokens costs.</summary>
    /// <param name="usage">The tokens.</param>
    public decimal Of(TokenUsage usage) => ((usage.Input * InputPerMillion) + (usage.Output * OutputPerMillion)) / 1_000_000m;
}

/// <summary>A number of tokens.</summary>
/// <param name="Input">Of prompts.</param>
/// <param name="Output">Of replies.</param>
public readonly record struct TokenUsage(long Input, long Output)
{
    /// <summary>Of both.</summary>
    public long Total => Input + Output;

    /// <summary>Both together.</summary>
    /// <param name="left">One number.</param>
    /// <param name="right">Another one.</param>
    public static TokenUsage operator +(TokenUsage left, TokenUsage right) => new(left.Input + right.Input, left.Output + right.Output);

    /// <summary>Both together.</summary>
    /// <param name="left">One number.</param>
    /// <param name="right">Another one.</param>
    public static TokenUsage Add(TokenUsage left, TokenUsage right) => left + right;
}

/// <summary>What may be spent on a chat model.</summary>
public sealed record ChatBudget
{
    /// <summary>The most tokens, of prompts and replies together; null for any number.</summary>
    public long? MaxTokens { get; init; }

    /// <summary>The most money, in the currency of the price; null for any amount.</summary>
    public decimal? MaxCost { get; init; }

    /// <summary>What tokens cost; needed where there is a limit on money.</summary>
    public TokenPrice? Price { get; init; }
}

/// <summary>
/// Refuses a request that could go above a budget, before it is made. What a request can come to at most is the bytes of its messages (a token is a byte at least), and the
/// most tokens of its reply. A reply that does not say what it used is counted with that.
/// </summary>
public sealed class BudgetedChatClient : WholeReplyChatClient
{
    private const int FormBytesPerMessage = 32;

    private readonly ChatBudget budget;
    private readonly int maxOutputTokens;
    private readonly Lock gate = new();
    private TokenUsage spent;
    private TokenUsage reserved;

    /// <summary>A client with a budget.</summary>
    /// <param name="innerClient">The client that is asked.</param>
    /// <param name="budget">What may be spent.</param>
    /// <param name="maxOutputTokens">The most tokens of a reply, for requests that do not say it.</param>
    /// <param name="spent">What was spent before, by the run that is resumed.</param>
    /// <exception cref="ArgumentException">There is a limit on money, and no price.</exception>
    public BudgetedChatClient(IChatClient innerClient, ChatBudget budget, int maxOutputTokens, TokenUsage spent = default)
        : base(innerClient)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxOutputTokens, 1);
        if (budget is { MaxCost: not null, Price: null })
        {
            throw new ArgumentException("A limit on money needs the price of tokens.", nameof(budget));
        }

        this.budget = budget;
        this.maxOutputTokens = maxOutputTokens;
        this.spent = spent;
    }

    /// <summary>What was spent so far.</summary>
    public TokenUsage Spent
    {
        get
        {
            lock (gate)
            {
                return spent;
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ChatModelException">The request could go above the budget.</exception>
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> conversation = [.. messages];
        var asked = options?.Clone() ?? new ChatOptions();
        asked.MaxOutputTokens ??= maxOutputTokens;
        var most = new TokenUsage(conversation.Sum(Bytes) + Bytes(asked.Instructions), asked.MaxOutputTokens.Value);
        Reserve(most);
        TokenUsage used = default;
        try
        {
            var response = await base.GetResponseAsync(conversation, asked, cancellationToken).ConfigureAwait(false);
            used = response.Usage is { InputTokenCount: { } input, OutputTokenCount: { } output } ? new TokenUsage(input, output) : most;
            return response;
        }
        finally
        {
            lock (gate)
            {
                reserved = new TokenUsage(reserved.Input - most.Input, reserved.Output - most.Output);
                spent += used;
            }
        }
    }

    private void Reserve(TokenUsage most)
    {
        lock (gate)
        {
            var before = spent + reserved;
            var after = before + most;
            if (after.Total > budget.MaxTokens)
            {
                throw new ChatModelException(string.Create(
                    CultureInfo.InvariantCulture, $"The budget is {budget.MaxTokens} tokens, {before.Total} are spent, and the next request could need {most.Total}."));
            }

            if (budget.MaxCost is { } limit && budget.Price!.Of(after) > limit)
            {
                throw new ChatModelException(string.Create(
                    CultureInfo.InvariantCulture, $"The budget is {limit}, {budget.Price.Of(before):0.####} is spent, and the next request could cost {budget.Price.Of(most):0.####}."));
            }

            reserved += most;
        }
    }

    private static long Bytes(ChatMessage message) => FormBytesPerMessage + message.Contents.Sum(content => content switch
    {
        TextContent text => Bytes(text.Text),
        DataContent data => data.Data.Length,
        _ => throw new NotSupportedException($"What a {content.GetType().Name} costs is not known; text and images are accepted."),
    });

    private static long Bytes(string? text) => text is null ? 0 : System.Text.Encoding.UTF8.GetByteCount(text);
}
