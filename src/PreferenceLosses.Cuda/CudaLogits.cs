namespace PreferenceLosses.Cuda;

/// <summary>Rows of logits in the memory of a device.</summary>
public readonly record struct CudaLogits
{
    /// <summary>The address of the first logit, a multiple of its size.</summary>
    public required nint Address { get; init; }

    /// <summary>How a logit is stored.</summary>
    public required LogitFormat Format { get; init; }

    /// <summary>The number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>The number of logits per row.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</summary>
    public long RowStride { get; init; }

    internal ulong Stride => (ulong)(RowStride == 0 ? Vocabulary : RowStride);
}

/// <summary>Labels of rows and the starts of sequences, in the memory of a device.</summary>
public readonly record struct CudaTokenSequences
{
    /// <summary>The address of 32-bit labels, [rows]: the token that each row predicts; a negative one for a row that does not count. Not checked.</summary>
    public required nint Labels { get; init; }

    /// <summary>The address of 32-bit numbers, [count + 1]: where sequences start, and where the last one ends.</summary>
    public required nint Offsets { get; init; }

    /// <summary>The number of sequences; for a loss of pairs, first all chosen completions, then all rejected ones in the same order.</summary>
    public required int Count { get; init; }
}
