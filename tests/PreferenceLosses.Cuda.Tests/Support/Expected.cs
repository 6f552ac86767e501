using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests.Support;

/// <summary>What the CPU path gives for the same batch, in single precision.</summary>
internal static class Expected
{
    /// <summary>A batch of the library in single precision.</summary>
    public static PreferenceBatch<float> Batch(FormulaBatch batch, double[]? weights)
    {
        var columns = batch.Columns.ToDictionary(c => c.Key, c => c.Value.Select(v => (float)v).ToArray());
        if (weights is not null)
        {
            columns[Columns.Weight] = [.. weights.Select(w => (float)w)];
        }

        return PreferenceBatch.FromColumns(columns) with
        {
            ResponsesPerRow = batch.Responses,
            ResponseMask = batch.Mask,
            Scalars = batch.Scalars,
        };
    }

    /// <summary>Every input that a gradient is wanted for, as bits.</summary>
    public static ulong AllGradients(LossGraph graph) =>
        graph.Inputs.Select((input, i) => input.IsDifferentiable ? 1UL << i : 0).Aggregate(0UL, (a, b) => a | b);
}
