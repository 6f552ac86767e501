namespace PreferenceLosses;

/// <summary>
/// Which token each row of logits predicts, and which rows make a sequence: <c>Labels[t]</c> is the label of row t. Nothing is shifted;
/// <see cref="ShiftLabels"/> makes labels from the tokens that the model read.
/// </summary>
public readonly ref struct TokenSequences
{
    /// <summary>The label of a row that does not count (prompt, padding), as in PyTorch.</summary>
    public const int IgnoredLabel = -100;

    /// <summary>The token that each row predicts, from 0 to vocabulary − 1, or <see cref="IgnoredLabel"/>; [rows].</summary>
    public required ReadOnlySpan<int> Labels { get; init; }

    /// <summary>
    /// Where sequences start, and where the last one ends; [sequences + 1]. Sequence s is the rows from <c>Offsets[s]</c> to just before <c>Offsets[s + 1]</c>:
    /// the first offset is 0, the last one the number of rows, and none is less than the one before it.
    /// </summary>
    public required ReadOnlySpan<int> Offsets { get; init; }

    /// <summary>Which rows count, besides those whose label says that they do not; [rows]. Left out, all of them.</summary>
    public ReadOnlySpan<bool> Mask { get; init; }

    /// <summary>The number of sequences.</summary>
    internal int Count => Offsets.Length - 1;

    /// <summary>
    /// Labels for a causal model that read these tokens: row t predicts token t + 1 of its sequence, and the last row of a sequence
    /// predicts nothing (<see cref="IgnoredLabel"/>).
    /// </summary>
    /// <param name="tokens">What the model read, or <see cref="IgnoredLabel"/> for what is not to be predicted; [rows].</param>
    /// <param name="offsets">Where sequences start, and where the last one ends; [sequences + 1].</param>
    /// <param name="labels">Where to write; [rows]. It may be the tokens' memory.</param>
    /// <exception cref="ArgumentException">A length or an offset is not possible.</exception>
    public static void ShiftLabels(ReadOnlySpan<int> tokens, ReadOnlySpan<int> offsets, Span<int> labels)
    {
        if (labels.Length != tokens.Length)
        {
            throw new ArgumentException($"There are {tokens.Length} tokens and room for {labels.Length} labels; there is one label per token.", nameof(labels));
        }

        SequenceChecks.Offsets(offsets, tokens.Length);
        for (var s = 0; s + 1 < offsets.Length; s++)
        {
            var (start, end) = (offsets[s], offsets[s + 1]);
            if (start < end)
            {
                tokens[(start + 1)..end].CopyTo(labels[start..]);
                labels[end - 1] = IgnoredLabel;
            }
        }
    }
}
