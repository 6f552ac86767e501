using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>What a model is shown of a run when it is asked for the next proposal. After Lu et al. 2024 (arXiv 2406.08414), appendix D.3.</summary>
/// <remarks>
/// A prompt is made from the state of the run alone, each time anew. The system message stands before it, and the turns of a repair after it. What a model wrote
/// stands in it only as <see cref="UntrustedText.Quoted"/> data.
/// </remarks>
public interface IContextStrategy
{
    /// <summary>What it is, with its choices: part of what a run is.</summary>
    string Name { get; }

    /// <summary>The messages of a new attempt.</summary>
    /// <param name="state">The run: established objectives are settled, and no attempt is under way.</param>
    ContextPrompt Prompt(RunState state);
}

/// <summary>A prompt, and what it shows.</summary>
/// <param name="Messages">The messages; the last one is the user's.</param>
/// <param name="Shown">The numbers of the objectives that stand in it, ascending.</param>
public sealed record ContextPrompt(ImmutableArray<PromptMessage> Messages, ImmutableArray<int> Shown);
