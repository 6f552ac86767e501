using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>Examples in memory, for data that fits there. May be read by several threads.</summary>
/// <param name="examples">The examples, in order.</param>
public sealed class ExampleList(IEnumerable<Example> examples) : IExampleSource
{
    private readonly ImmutableArray<Example> examples = [.. examples];
    private string? fingerprint;

    /// <inheritdoc/>
    public int Count => examples.Length;

    /// <inheritdoc/>
    public Example this[int index] => examples[index];

    /// <inheritdoc/>
    public string Fingerprint => fingerprint ??= ExampleFingerprint.Of(examples);
}
