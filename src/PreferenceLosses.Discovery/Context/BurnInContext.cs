using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>
/// The established objectives and nothing else: the same prompt for every proposal. The best of N such proposals is what a search with feedback has to beat.
/// </summary>
public sealed record BurnInContext : IContextStrategy
{
    /// <inheritdoc/>
    public string Name => "established objectives only";

    /// <inheritdoc/>
    public ContextPrompt Prompt(RunState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ImmutableArray<int> shown = [.. state.Objectives.Where(one => one.Attempt is null).Select(one => one.Number)];
        return new([new(PromptText.User, PromptText.BurnIn(state) + PromptText.Next)], shown);
    }
}
