using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests.Support;

/// <summary>The emitted kernels of a loss beside the CPU path.</summary>
internal static class Comparison
{
    /// <summary>The loss of the catalogue whose rows are numbered, which a kernel cannot do where rows are left out.</summary>
    public const string NumberingLoss = "decaying-weights-logistic";

    private static readonly bool[] Both = [false, true];

    /// <summary>Blocks of a warp or two, so that a few hundred rows have many of them, and tails.</summary>
    public static readonly LaunchShape SmallBlocks = new(WholeRows: 40, WholeThreads: 64, PassThreads: 32);

    /// <summary>A random batch of single-precision numbers for whatever a loss reads.</summary>
    public static FormulaBatch Batch(IPreferenceLoss loss, int rows)
    {
        var random = new Random(rows);
        return AnyBatch.For(loss, rows, (low, high) => (float)(low + ((high - low) * random.NextDouble())), random);
    }

    /// <summary>Weights of which some are 0; of one row, none.</summary>
    public static double[] Weights(int rows)
    {
        var random = new Random(rows);
        return [.. Enumerable.Range(0, rows).Select(i => i % 4 == 1 ? 0 : (double)(float)(0.1 + (2 * random.NextDouble())))];
    }

    /// <summary>Everything that a loss has: losses, rewards with metrics, all gradients.</summary>
    public static KernelVariant Variant(IPreferenceLoss loss, FormulaBatch batch, Reduction reduction, bool isWeighted = false) => new(
        new ResultSelection(
            Losses: true,
            Rewards: loss.Graph.Rewards is not null,
            loss.Graph.Inputs.Select((input, i) => input.IsDifferentiable ? 1UL << i : 0).Aggregate(0UL, (a, b) => a | b),
            isWeighted),
        reduction)
    {
        Responses = batch.Responses,
        HasMask = batch.Mask is not null,
    };

    /// <summary>A batch of the library in single precision.</summary>
    public static PreferenceBatch<float> Batch(FormulaBatch batch, double[]? weights)
    {
        var columns = batch.Columns.ToDictionary(c => c.Key, c => c.Value.Select(v => (float)v).ToArray());
        if (weights is not null)
        {
            columns[Columns.Weight] = [.. weights.Select(w => (float)w)];
        }

        return PreferenceBatch.FromColumns(columns) with { ResponsesPerRow = batch.Responses, ResponseMask = batch.Mask, Scalars = batch.Scalars };
    }

    /// <summary>Compares everything, in many blocks with columns at multiples of 16 bytes and elsewhere; values may differ by so many units in the last place.</summary>
    public static void AssertSameDigits(
        IPreferenceLoss loss, FormulaBatch batch, Reduction reduction, double[]? weights, LaunchShape shape, ThreadOrder order, int units = 0)
    {
        var options = new EvaluationOptions { Reduction = reduction, SingleRow = SingleRow.PyTorch };
        var expected = loss.Evaluate(Batch(batch, weights), options);
        var variant = Variant(loss, batch, reduction, isWeighted: weights is not null) with { Excludes = weights is not null };
        foreach (var isAligned in batch.Rows > shape.WholeRows ? Both : Both[..1])
        {
            var actual = EmulatedLoss.Run(loss, batch, variant, weights, shape: shape, order: order, isAligned: isAligned);
            AssertSameDigits(loss, expected, actual, units, $"{loss.Name}, {batch.Rows} rows, {(isAligned ? "aligned, " : "")}");
        }
    }

    private static void AssertSameDigits(IPreferenceLoss loss, LossResult<float> expected, EmulatedLoss actual, int units, string what)
    {
        AssertNear(expected.Losses, [.. actual.Rows[LossOutputs.Losses], .. actual.Rows.GetValueOrDefault(LossOutputs.SecondLosses, [])], units, what + "losses");
        foreach (var input in loss.Graph.Inputs.Where(i => i.IsDifferentiable))
        {
            AssertNear(expected.Gradient(input.Name!), actual.Rows[input.Name!], units, what + $"gradient of {input.Name}");
        }

        if (expected.Rewards is { } rewards)
        {
            AssertNear(rewards.Chosen, actual.Rows[LossOutputs.ChosenReward], units, what + "chosen reward");
            AssertNear(rewards.Rejected, actual.Rows[LossOutputs.RejectedReward], units, what + "rejected reward");
            AssertNear(
                [(float)rewards.MeanChosen, (float)rewards.MeanRejected, (float)rewards.Accuracy], [.. actual.Scalars[1..4].Select(s => (float)s)], units, what + "metrics");
        }

        AssertNear([(float)expected.Value], [(float)actual.Scalars[0]], units, what + "reduced");
    }

    private static void AssertNear(ReadOnlySpan<float> expected, float[] actual, int units, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var unit = MathF.BitIncrement(Math.Abs(expected[i])) - Math.Abs(expected[i]);
            var isNear = expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= units * unit;
            Assert.True(isNear, FormattableString.Invariant($"{actual[i]:R} at {i}, expected {expected[i]:R}: {what}"));
        }
    }
}
