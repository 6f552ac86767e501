using System.Globalization;

namespace PreferenceLosses;

/// <summary>What is refused of sequences, gradients and upstream weights, with the row and what was expected.</summary>
internal static class SequenceChecks
{
    public static void Offsets(ReadOnlySpan<int> offsets, int rows)
    {
        if (offsets.IsEmpty)
        {
            throw Invalid("offsets", null, $"There are no offsets; the number of sequences plus one is needed.");
        }

        if (offsets[0] != 0 || offsets[^1] != rows)
        {
            throw Invalid("offsets", null, $"The offsets go from {offsets[0]} to {offsets[^1]}; from 0 to the number of rows, {rows}, is needed.");
        }

        for (var s = 1; s < offsets.Length; s++)
        {
            if (offsets[s] < offsets[s - 1])
            {
                throw Invalid("offsets", null, $"Offset {s} is {offsets[s]} and the one before it {offsets[s - 1]}; none may be less than the one before it.");
            }
        }
    }

    /// <summary>Checks the sequences, and writes the label of each row that counts, and −1 for the others.</summary>
    public static void Labels(in TokenSequences sequences, int rows, int vocabulary, Span<int> labels)
    {
        Length("labels", sequences.Labels.Length, rows);
        if (sequences.Mask.IsGiven)
        {
            Length("mask", sequences.Mask.Length, rows);
        }

        Offsets(sequences.Offsets, rows);
        for (var row = 0; row < rows; row++)
        {
            var label = sequences.Labels[row];
            var counts = label != TokenSequences.IgnoredLabel && (!sequences.Mask.IsGiven || sequences.Mask[row]);
            if (counts && (uint)label >= (uint)vocabulary)
            {
                throw Invalid("labels", row, $"The label of row {row} is {label}; 0 to {vocabulary - 1} is needed, or {TokenSequences.IgnoredLabel} for a row that does not count.");
            }

            labels[row] = counts ? label : -1;
        }
    }

    /// <summary>The memory of gradients is the logits' own, or apart from it.</summary>
    public static unsafe void Gradients(byte* logits, LogitLayout layout, byte* gradients, LogitLayout gradientLayout)
    {
        if (gradientLayout.Format != layout.Format)
        {
            throw new ArgumentException($"The gradients are {gradientLayout.Format} and the logits {layout.Format}; they need the same format.", nameof(gradients));
        }

        if (gradientLayout.Rows != layout.Rows || gradientLayout.Vocabulary != layout.Vocabulary)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The gradients are {gradientLayout.Rows} × {gradientLayout.Vocabulary} and the logits {layout.Rows} × {layout.Vocabulary}; they need the same shape."),
                nameof(gradients));
        }

        var overlap = logits < gradients + gradientLayout.Bytes && gradients < logits + layout.Bytes;
        if (overlap && (logits != gradients || layout != gradientLayout))
        {
            throw new ArgumentException(
                "The gradients overlap the logits without being in their place; memory of their own or the same memory, format and stride is needed.", nameof(gradients));
        }
    }

    public static void Upstream(ReadOnlySpan<double> upstream, int expected, string per)
    {
        if (upstream.Length != expected)
        {
            throw new ArgumentException($"There are {upstream.Length} upstream weights; one per {per}, {expected}, is needed.", nameof(upstream));
        }

        for (var i = 0; i < upstream.Length; i++)
        {
            if (!float.IsFinite((float)upstream[i]))
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"The upstream weight of {per} {i} is {upstream[i]}; a number that is finite in single precision is needed."), nameof(upstream));
            }
        }
    }

    /// <summary>Says which logit of a row without a softmax is the reason.</summary>
    public static InvalidBatchException Row(int row, int token, float logit) => token < 0
        ? Invalid("logits", row, $"Every logit of row {row} is -Infinity, so that it has no distribution; a row that does not count is masked.")
        : Invalid("logits", row, $"The logit of token {token} is {logit.ToString(CultureInfo.InvariantCulture)} at row {row}; a finite number or -Infinity is needed.");

    private static void Length(string what, int length, int rows)
    {
        if (length != rows)
        {
            throw Invalid(what, null, $"The column '{what}' has {length} values and the logits {rows} rows; one value per row is needed.");
        }
    }

    private static InvalidBatchException Invalid(string what, int? row, FormattableString message) => new(FormattableString.Invariant(message), what, row);
}
