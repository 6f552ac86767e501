using PreferenceLosses.Execution;

namespace PreferenceLosses.Cuda;

/// <summary>What a kernel computes, beside the reduced loss, and what it is given: whatever changes its instructions.</summary>
/// <param name="Results">Which results are written. Metrics come with the rewards.</param>
/// <param name="Reduction">How losses are reduced. With weights that take the place of the batch's (an upstream), the sum.</param>
internal readonly record struct KernelVariant(ResultSelection Results, Reduction Reduction)
{
    /// <summary>Whether there is a column of weights of which 0 excludes a row.</summary>
    public bool Excludes { get; init; }

    /// <summary>K, the number of responses per row; 1 where there are none.</summary>
    public int Responses { get; init; } = 1;

    /// <summary>Whether it is given which responses are valid.</summary>
    public bool HasMask { get; init; }
}
