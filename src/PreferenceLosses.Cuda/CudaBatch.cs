namespace PreferenceLosses.Cuda;

/// <summary>One batch in the memory of a device: addresses of columns of single-precision numbers, one value per row, without gaps.</summary>
/// <remarks>
/// Any framework's pointers will do. What they point to has to live until the kernels are done; nothing is checked on the device, so columns that are
/// not finite give results that are not. A weight of 0 excludes a row, as on the CPU; where none takes part, the mean is NaN.
/// </remarks>
public sealed class CudaBatch
{
    /// <summary>The number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Addresses by the names of <see cref="PreferenceLosses.Columns"/>, the weight among them, and by those of a loss of your own.</summary>
    public required IReadOnlyDictionary<string, nint> Columns { get; init; }

    /// <summary>
    /// The address of weights of the losses that take the place of the batch's, [rows], or [2·rows] for a 2B loss: gradients are then of
    /// Σ upstream · loss, and so is the reduced loss. 0 if there are none.
    /// </summary>
    public nint Upstream { get; init; }

    /// <summary>K, for columns with K responses per row.</summary>
    public int ResponsesPerRow { get; init; } = 1;

    /// <summary>The address of bytes that say which responses are there, [rows, K]; 0 if all of them are.</summary>
    public nint ResponseMask { get; init; }

    /// <summary>Scalar inputs: values for the whole batch, such as KTO's <c>kl</c>.</summary>
    public IReadOnlyDictionary<string, double>? Scalars { get; init; }

    /// <summary>How losses are reduced, which is also what gradients are of.</summary>
    public Reduction Reduction { get; init; }
}

/// <summary>Where results are written: addresses in the memory of a device, which may not overlap the batch's. What is 0 or left out is not computed.</summary>
public sealed class CudaDestination
{
    /// <summary>Unreduced losses, [rows]; [2·rows] for a 2B loss: first all chosen, then all rejected halves.</summary>
    public nint Losses { get; init; }

    /// <summary>Implicit rewards of the chosen completions, [rows]; with <see cref="RejectedReward"/> or not at all.</summary>
    public nint ChosenReward { get; init; }

    /// <summary>Implicit rewards of the rejected completions, [rows].</summary>
    public nint RejectedReward { get; init; }

    /// <summary>Gradients by column, as many values as the column has.</summary>
    public IReadOnlyDictionary<string, nint> Gradients { get; init; } = new Dictionary<string, nint>();

    /// <summary>
    /// Four doubles, aligned to 8 bytes: the reduced loss, and where rewards are asked for the means of both and the accuracy (the share of rows with a positive
    /// margin, ties counting one half). Needed always.
    /// </summary>
    public required nint Scalars { get; init; }

    /// <summary>
    /// Memory between passes, aligned to 8 bytes (better 16), of <see cref="CudaLoss.ScratchBytes"/>; 0 for memory that the <see cref="CudaLoss"/> allocates, which may
    /// wait for the device, and keeps.
    /// </summary>
    public nint Scratch { get; init; }
}
