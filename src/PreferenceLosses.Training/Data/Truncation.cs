using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>What becomes of a prompt with a completion that are too long together.</summary>
public enum LengthPolicy
{
    /// <summary>
    /// The first tokens of the sequence stay, and the completion loses its end: TRL's <c>truncation_mode="keep_start"</c>. An example whose prompt
    /// leaves no token to a completion is dropped.
    /// </summary>
    KeepStart,

    /// <summary>
    /// The last tokens of the sequence stay, and the prompt loses its beginning, then the completion does: TRL's <c>"keep_end"</c>. The completions of an example
    /// keep the same prompt, as much as the longest of them leaves room for; TRL leaves more to a shorter one.
    /// </summary>
    KeepEnd,

    /// <summary>The example is dropped.</summary>
    Drop,
}

/// <summary>Which end of a prompt stays.</summary>
public enum PromptEnd
{
    /// <summary>The last tokens, which a completion answers; what TRL keeps.</summary>
    Last,

    /// <summary>The first tokens.</summary>
    First,
}

/// <summary>
/// The most tokens that examples may have, and what is cut. The limits apply in this order: the prompt, the completions, the whole; those not set do not. The token
/// that ends a completion counts, and is cut with the end: a completion that was cut does not teach to end there.
/// </summary>
/// <remarks>TRL's names: <c>max_prompt_length</c> and <c>max_completion_length</c> (until version 0.24), <c>max_length</c> with <c>truncation_mode</c>.</remarks>
public sealed record Truncation
{
    /// <summary>The most tokens of a prompt; null for any number. 0 leaves prompts out.</summary>
    public int? MaxPromptLength { get; init => field = AtLeast(0, value); }

    /// <summary>Which of a prompt's tokens <see cref="MaxPromptLength"/> keeps.</summary>
    public PromptEnd KeepOfPrompt { get; init => field = Defined(value); }

    /// <summary>The most tokens of a completion, of which the first stay; null for any number.</summary>
    public int? MaxCompletionLength { get; init => field = AtLeast(1, value); }

    /// <summary>The most tokens of a prompt and a completion together; null for any number.</summary>
    public int? MaxLength { get; init => field = AtLeast(1, value); }

    /// <summary>What is done to keep to <see cref="MaxLength"/>.</summary>
    public LengthPolicy Policy { get; init => field = Defined(value); }

    /// <summary>Applies the limits.</summary>
    /// <returns>The example within the limits, the same if it was; null if it is to be dropped.</returns>
    internal Example? Apply(Example example)
    {
        var prompt = example.Prompt;
        if (prompt.Length > MaxPromptLength)
        {
            prompt = KeepOfPrompt == PromptEnd.Last ? prompt[^MaxPromptLength.Value..] : prompt[..MaxPromptLength.Value];
        }

        var completions = First(example.Completions, MaxCompletionLength ?? int.MaxValue);
        var longest = completions.Max(completion => completion.Length);
        if (MaxLength is { } limit && prompt.Length > limit - longest)
        {
            switch (Policy)
            {
                case LengthPolicy.KeepStart when prompt.Length < limit:
                    completions = First(completions, limit - prompt.Length);
                    break;
                case LengthPolicy.KeepEnd:
                    prompt = prompt[^Math.Min(prompt.Length, Math.Max(0, limit - longest))..];
                    completions = [.. completions.Select(completion => completion[Math.Max(0, completion.Length - limit)..])];
                    break;
                default:
                    return null;
            }
        }

        var isWhole = prompt.Length == example.Prompt.Length && completions.Zip(example.Completions).All(pair => pair.First.Length == pair.Second.Length);
        return isWhole ? example : example with { Prompt = prompt, Completions = completions };
    }

    private static ImmutableArray<ReadOnlyMemory<int>> First(ImmutableArray<ReadOnlyMemory<int>> completions, int count) =>
        [.. completions.Select(completion => completion[..Math.Min(completion.Length, count)])];

    private static int? AtLeast(int least, int? value)
    {
        if (value is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, least, nameof(value));
        }

        return value;
    }

    private static T Defined<T>(T value)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"No {typeof(T).Name} has this value.");
}
