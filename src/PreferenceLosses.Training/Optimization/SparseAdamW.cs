using System.Numerics;
using System.Runtime.InteropServices;

namespace PreferenceLosses.Training;

/// <summary>
/// AdamW that only looks at rows with a gradient, and gives what a dense AdamW gives that leaves out one thing: a row without a gradient at a step is not
/// moved by its momentum at that step.
/// </summary>
/// <remarks>
/// So for every row, at every step: θ ← θ (1 − ηλ); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g². And for rows that have a gradient:
/// θ ← θ − η m̂/(√v̂ + ε), with the bias corrections of the step's number. What happens to rows without a gradient is a power of a factor, which is caught up
/// with when the row is next touched (moments) or read (<see cref="NGramWeights.Scale"/>).
/// </remarks>
internal sealed class SparseAdamW(NGramWeights weights, AdamWOptions options)
{
    private const int SlotsPerChunk = 256;

    private readonly float[] means = new float[weights.Values.Length];
    private readonly float[] squares = new float[weights.Values.Length];

    /// <summary>The step at which a row's moments were last brought up to date; 0 for never.</summary>
    private readonly int[] lastSteps = new int[weights.Rows];

    private int step;

    /// <summary>Moves the rows that have a gradient, and counts the step.</summary>
    public void Step(SparseGradient gradient, double learningRate, int maxThreads)
    {
        var kept = 1 - (learningRate * options.WeightDecay);
        if (kept <= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(learningRate), learningRate, $"With the weight decay {options.WeightDecay} this learning rate leaves nothing of the weights; their product has to be below 1.");
        }

        step++;
        weights.Decay += Math.Log(kept);
        var rate = learningRate / (1 - Math.Pow(options.Beta1, step));
        var correction = Math.Sqrt(1 - Math.Pow(options.Beta2, step));
        Chunks.For(gradient.Count, SlotsPerChunk, maxThreads, (from, to) =>
        {
            for (var slot = from; slot < to; slot++)
            {
                StepRow(gradient.RowOf(slot), gradient.Values(slot), (float)gradient.Scale, (float)rate, (float)(1 / correction));
            }
        });
    }

    /// <summary>Writes the rows that have moments.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(step);
        writer.Write(lastSteps.Count(last => last > 0));
        for (var row = 0; row < lastSteps.Length; row++)
        {
            if (lastSteps[row] > 0)
            {
                writer.Write(row);
                writer.Write(lastSteps[row]);
                writer.Write(MemoryMarshal.AsBytes(Of(means, row)));
                writer.Write(MemoryMarshal.AsBytes(Of(squares, row)));
            }
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote, into an optimizer that has made no step.</summary>
    public void Load(BinaryReader reader)
    {
        step = NGramFile.ReadCount(reader, int.MaxValue, "steps");
        var rows = NGramFile.ReadCount(reader, lastSteps.Length, "rows with moments");
        for (var i = 0; i < rows; i++)
        {
            var row = NGramFile.ReadCount(reader, lastSteps.Length - 1, "number of a row");
            lastSteps[row] = NGramFile.ReadCount(reader, step, "last step of a row");
            NGramFile.ReadFloats(reader, Of(means, row));
            NGramFile.ReadFloats(reader, Of(squares, row));
        }
    }

    private Span<float> Of(float[] all, int row) => all.AsSpan(row * weights.Width, weights.Width);

    private void StepRow(int row, ReadOnlySpan<float> gradient, float gradientScale, float rate, float rootFactor)
    {
        // All of the past but this step, and this step's factor with it.
        var steps = lastSteps[row] == 0 ? 1 : step - lastSteps[row];
        var (meanShare, squareShare) = steps == 1
            ? ((float)options.Beta1, (float)options.Beta2)
            : ((float)Math.Pow(options.Beta1, steps), (float)Math.Pow(options.Beta2, steps));
        var (newMean, newSquare) = ((float)(1 - options.Beta1), (float)(1 - options.Beta2));
        var scale = weights.Scale(row);
        lastSteps[row] = step;
        weights.RowDecay[row] = weights.Decay;

        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var m = MemoryMarshal.Cast<float, Vector<float>>(Of(means, row));
        var v = MemoryMarshal.Cast<float, Vector<float>>(Of(squares, row));
        var w = MemoryMarshal.Cast<float, Vector<float>>(weights.Row(row));
        var epsilon = new Vector<float>((float)options.Epsilon);
        for (var i = 0; i < w.Length; i++)
        {
            var scaled = g[i] * gradientScale;
            var mean = (m[i] * meanShare) + (scaled * newMean);
            var square = (v[i] * squareShare) + (scaled * scaled * newSquare);
            m[i] = mean;
            v[i] = square;
            w[i] = (w[i] * scale) - (mean * rate / ((Vector.SquareRoot(square) * rootFactor) + epsilon));
        }
    }
}
