using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>
/// Some examples of a source, in an order of their own. Nothing is copied; it holds one number for each. Of a <see cref="RandomStream.NextPermutation"/> the first
/// positions are a random choice of examples, where a <see cref="PromptSplit"/> is not wanted.
/// </summary>
public sealed class ExampleSubset : IExampleSource
{
    private readonly IExampleSource source;
    private readonly ImmutableArray<int> positions;
    private string? fingerprint;

    /// <summary>A view of a source.</summary>
    /// <param name="source">Where the examples are.</param>
    /// <param name="positions">Their positions there, in the order wanted.</param>
    /// <exception cref="ArgumentOutOfRangeException">The source has no such position.</exception>
    public ExampleSubset(IExampleSource source, params ReadOnlySpan<int> positions)
    {
        ArgumentNullException.ThrowIfNull(source);
        this.source = source;
        this.positions = [.. positions];
        foreach (var position in positions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(positions));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, source.Count, nameof(positions));
        }
    }

    /// <inheritdoc/>
    public int Count => positions.Length;

    /// <inheritdoc/>
    public Example this[int index] => source[positions[index]];

    /// <summary>A hash of the examples of this subset alone. The first time it is asked for, each of them is read.</summary>
    public string Fingerprint => fingerprint ??= ExampleFingerprint.Of(positions.Select(position => source[position]));
}
