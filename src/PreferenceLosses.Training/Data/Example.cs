using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>What the completions of an example are to each other.</summary>
public enum ExampleKind
{
    /// <summary>Two completions: the chosen one, and the rejected one.</summary>
    Pair,

    /// <summary>One completion, which is desirable or not.</summary>
    Unpaired,

    /// <summary>Two or more completions, best first or with a score each.</summary>
    Ranked,
}

/// <summary>A prompt with its completions, as tokens: what a trainer takes from a dataset.</summary>
/// <param name="Kind">What the completions are to each other.</param>
/// <param name="Prompt">The tokens of the prompt; may be empty.</param>
/// <param name="Completions">The tokens of each completion, the token that ends it included unless its end was cut off; none is empty. A pair has the chosen one first, a ranking the best.</param>
/// <param name="IsDesirable">For an unpaired example whether its completion is desirable; otherwise false.</param>
/// <param name="Scores">The score of each completion, higher is better; empty if the data has none.</param>
public sealed record Example(
    ExampleKind Kind,
    ReadOnlyMemory<int> Prompt,
    ImmutableArray<ReadOnlyMemory<int>> Completions,
    bool IsDesirable,
    ImmutableArray<double> Scores);

/// <summary>Examples that can be asked for in any order, again and again: a dataset that does not have to be in memory.</summary>
public interface IExampleSource
{
    /// <summary>The number of examples.</summary>
    int Count { get; }

    /// <summary>The example at a position from 0; the same each time.</summary>
    Example this[int index] { get; }

    /// <summary>A hash of all the examples: equal for equal data, so that a run is resumed on the data it began with.</summary>
    string Fingerprint { get; }
}
