using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>What may be spent on a chat model.</summary>
public sealed record ChatBudget
{
    /// <summary>The most tokens, of prompts and replies together; null for any number.</summary>
    public long? MaxTokens { get; init; }

    /// <summary>The most money, in the currency of the price; null for any amount.</summary>
    public decimal? MaxCost { get; init; }

    /// <summary>What tokens cost; needed where there is a limit on money.</summary>
    public TokenPrices? Prices { get; init; }
}

/// <summary>
/// Refuses a request that could go above a budget, before it is made. What a request can come to at most is the bytes of its messages (a token is a byte at least), and the
/// most tokens of its reply. A reply that does not say what it used is counted with that, and so is a request that was sent and whose reply did not arrive: the model may
/// have been at work. What was refused, or never sent, counts nothing. A client that tries again belongs around this one, so that each try is counted.
/// </summary>
public sealed class BudgetedChatClient : WholeReplyChatClient
{
    private const int FormBytesPerMessage = 32;

    private readonly ChatBudget budget;
    private readonly int maxOutputTokens;
    private readonly Lock gate = new();
    private Tokens spent;
    private Tokens reserved;

    /// <summary>A client with a budget.</summary>
    /// <param name="innerClient">The client that is asked.</param>
    /// <param name="budget">What may be spent.</param>
    /// <param name="maxOutputTokens">The most tokens of a reply, for requests that do not say it.</param>
    /// <param name="spent">What was spent before, by the run that is resumed; null for nothing.</param>
    /// <exception cref="ArgumentException">There is a limit on money, and no price.</exception>
    public BudgetedChatClient(IChatClient innerClient, ChatBudget budget, int maxOutputTokens, ModelUse? spent = null)
        : base(innerClient)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxOutputTokens, 1);
        if (budget is { MaxCost: not null, Prices: null })
        {
            throw new ArgumentException("A limit on money needs the price of tokens.", nameof(budget));
        }

        this.budget = budget;
        this.maxOutputTokens = maxOutputTokens;
        this.spent = new Tokens(spent?.InputTokens ?? 0, spent?.OutputTokens ?? 0);
    }

    /// <inheritdoc/>
    /// <exception cref="ChatModelException">The request could go above the budget.</exception>
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> conversation = [.. messages];
        var asked = options?.Clone() ?? new ChatOptions();
        asked.MaxOutputTokens ??= maxOutputTokens;
        var most = new Tokens(conversation.Sum(Bytes) + Bytes(asked.Instructions), asked.MaxOutputTokens.Value);
        Reserve(most);
        var used = most;
        try
        {
            var response = await base.GetResponseAsync(conversation, asked, cancellationToken).ConfigureAwait(false);
            used = response.Usage is { InputTokenCount: { } input, OutputTokenCount: { } output } ? new Tokens(input, output) : most;
            return response;
        }
        catch (Exception failed) when (WasNotDone(failed))
        {
            used = default;
            throw;
        }
        finally
        {
            lock (gate)
            {
                reserved -= most;
                spent += used;
            }
        }
    }

    private void Reserve(Tokens most)
    {
        lock (gate)
        {
            var before = spent + reserved;
            var after = before + most;
            if (after.Total > budget.MaxTokens)
            {
                throw new ChatModelException(string.Create(
                    CultureInfo.InvariantCulture, $"The budget is {budget.MaxTokens} tokens, {before.Total} are spent, and the next request could need {most.Total}."))
                { EndsSearch = StopReason.Tokens };
            }

            if (budget.MaxCost is { } limit && Cost(after) > limit)
            {
                throw new ChatModelException(string.Create(
                    CultureInfo.InvariantCulture, $"The budget is {limit}, {Cost(before):0.####} is spent, and the next request could cost {Cost(most):0.####}."))
                { EndsSearch = StopReason.Cost };
            }

            reserved += most;
        }
    }

    private static bool WasNotDone(Exception failed) => failed switch
    {
        ChatModelException { MayHaveCost: var mayHaveCost } => !mayHaveCost,
        HttpRequestException { HttpRequestError: var error } => OpenAICompatibleChatClient.WasNotSent(error),
        IOException or OperationCanceledException => false,
        _ => true,
    };

    private decimal Cost(Tokens tokens) => budget.Prices!.CostOf(tokens.Input, tokens.Output);

    private static long Bytes(ChatMessage message) => FormBytesPerMessage + message.Contents.Sum(content => content switch
    {
        TextContent text => Bytes(text.Text),
        DataContent data => data.Data.Length,
        _ => throw new NotSupportedException($"What a {content.GetType().Name} costs is not known; text and images are accepted."),
    });

    private static long Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private readonly record struct Tokens(long Input, long Output)
    {
        public long Total => Input + Output;

        public static Tokens operator +(Tokens left, Tokens right) => new(left.Input + right.Input, left.Output + right.Output);

        public static Tokens operator -(Tokens left, Tokens right) => new(left.Input - right.Input, left.Output - right.Output);
    }
}
