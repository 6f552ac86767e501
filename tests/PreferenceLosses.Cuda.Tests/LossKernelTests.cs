using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Execution;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>
/// The emitted kernels of every loss of the catalogue against the CPU path: losses, gradients, rewards, metrics, weights, in one block
/// and in many, with threads in every order.
/// </summary>
public class LossKernelTests
{
    /// <summary>
    /// Units of single precision that a value may differ from the CPU path's. Elementwise work has the same digits; sums over the batch are added in
    /// another order, in double precision, and where their last digit tips a rounding, that is multiplied by what follows.
    /// </summary>
    private const int LargestDifference = 8;

    private static readonly string[] Sorting = ["aot", "aot-unpaired"];

    /// <summary>Its rows are numbered, which a kernel cannot do where rows are left out.</summary>
    private const string Numbering = "decaying-weights-logistic";

    private static readonly LaunchShape Small = new(WholeRows: 40, WholeThreads: 64, PassThreads: 32);

    public static TheoryData<string> Losses => [.. LossCatalog.BuiltIn.Entries.Select(e => e.Name).Except(Sorting)];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_kernel_gives_what_the_CPU_gives(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var rows in new[] { 1, 2, 7, 31, 257, 1025 })
        {
            var random = new Random(rows);
            var batch = AnyBatch.For(loss, rows, (low, high) => (float)(low + ((high - low) * random.NextDouble())), random);
            var weights = rows % 3 == 1 ? null : Enumerable.Range(0, rows).Select(i => i % 4 == 1 ? 0 : (double)(float)(0.1 + (2 * random.NextDouble()))).ToArray();
            var order = (ThreadOrder)(rows % 3);
            Agrees(loss, batch, rows % 2 == 0 ? Reduction.Sum : Reduction.Mean, weights, order, rows > 1000 ? null : Small);
        }
    }

    private static void Agrees(PreferenceLoss loss, FormulaBatch batch, Reduction reduction, double[]? weights, ThreadOrder order, LaunchShape? shape)
    {
        var graph = loss.Graph;
        if (loss.Name == Numbering)
        {
            weights = null;
        }

        var excludes = weights is not null;
        var expected = loss.Evaluate(Expected.Batch(batch, weights), new EvaluationOptions { Reduction = reduction, SingleRow = SingleRow.PyTorch });
        var variant = new KernelVariant(
            new ResultSelection(Losses: true, Rewards: graph.Rewards is not null, Expected.AllGradients(graph), IsWeighted: excludes), reduction)
        {
            Excludes = excludes,
            Responses = batch.Responses,
            HasMask = batch.Mask is not null,
        };
        var actual = EmulatedLoss.Run(loss, batch, variant, weights, shape: shape, order: order);
        var what = $"{loss.Name}, {batch.Rows} rows, ";
        var losses = actual.Rows[LossOutputs.Losses].Concat(actual.Rows.GetValueOrDefault(LossOutputs.SecondLosses, [])).ToArray();
        AssertNear(expected.Losses, losses, what + "losses");
        foreach (var (input, i) in graph.Inputs.Select((input, i) => (input, i)).Where(p => p.input.IsDifferentiable))
        {
            AssertNear(expected.Gradient(input.Name!), actual.Rows[input.Name!], what + $"gradient of {input.Name}");
        }

        if (expected.Rewards is { } rewards)
        {
            AssertNear(rewards.Chosen, actual.Rows[LossOutputs.ChosenReward], what + "chosen reward");
            AssertNear(rewards.Rejected, actual.Rows[LossOutputs.RejectedReward], what + "rejected reward");
            AssertNear([(float)rewards.MeanChosen, (float)rewards.MeanRejected, (float)rewards.Accuracy], [.. actual.Scalars[1..4].Select(s => (float)s)], what + "metrics");
        }

        AssertNear([(float)expected.Value], [(float)actual.Scalars[0]], what + "reduced");
    }

    private static void AssertNear(ReadOnlySpan<float> expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var unit = MathF.BitIncrement(Math.Abs(expected[i])) - Math.Abs(expected[i]);
            var isNear = expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= LargestDifference * unit;
            Assert.True(isNear, FormattableString.Invariant($"{actual[i]:R} at {i}, expected {expected[i]:R}: {what}"));
        }
    }
}
