using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Execution;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>What kernels read, write and execute: numbers that may not grow.</summary>
public class TrafficTests
{
    [Theory]
    [InlineData(16384, 84)]
    [InlineData(65536, 93)]
    [InlineData(524288, 93)]
    public void DPO_moves_no_more_than_its_inputs_and_outputs(int rows, int instructionsPerRow)
    {
        var loss = new DpoLoss();
        var batch = Comparison.Batch(loss, rows);

        // Losses, and gradients for the policy: the reference is frozen.
        var results = new ResultSelection(Losses: true, Rewards: false, Gradients(loss, Columns.PolicyChosen, Columns.PolicyRejected), IsWeighted: false);
        var run = EmulatedLoss.Run(loss, batch, new KernelVariant(results, Reduction.Mean), order: ThreadOrder.Forward, isAligned: true);
        Assert.InRange((double)(run.BytesRead + run.BytesWritten) / rows, 28, 28.5);
        Assert.InRange((double)run.Instructions / rows, 60, instructionsPerRow);
    }

    private static ulong Gradients(PreferenceLoss loss, params string[] columns) => loss.Graph.Inputs
        .Select((input, i) => columns.Contains(input.Name) ? 1UL << i : 0).Aggregate(0UL, (a, b) => a | b);
}
