using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>A prompt with its completions, as text: what a line of a preference dataset says.</summary>
/// <param name="Kind">What the completions are to each other.</param>
/// <param name="Prompt">The prompt; may be empty.</param>
/// <param name="Completions">A pair has the chosen one first and the rejected one second, a ranking the best first. A completion goes on where the prompt ends, with the space between them if there is one.</param>
/// <param name="IsDesirable">For an unpaired example whether its completion is desirable; otherwise false.</param>
/// <param name="Scores">The score of each completion, higher is better; empty if the data has none.</param>
/// <param name="File">The file, or the name that was given to the stream.</param>
/// <param name="Line">The line in it, from 1.</param>
public sealed record TextExample(
    ExampleKind Kind,
    string Prompt,
    ImmutableArray<string> Completions,
    bool IsDesirable,
    ImmutableArray<double> Scores,
    string File,
    long Line);
