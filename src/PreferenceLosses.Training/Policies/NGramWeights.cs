using System.Numerics.Tensors;

namespace PreferenceLosses.Training;

/// <summary>
/// The rows of weights. Weight decay is not applied to rows that nobody touches: <see cref="Decay"/> is the logarithm of all the decay there has been, each
/// row remembers what of it its numbers have in them, and the rest is a factor when the row is read.
/// </summary>
internal sealed class NGramWeights
{
    private readonly int width;

    public NGramWeights(int rows, int width)
    {
        if ((long)rows * width > Array.MaxLength)
        {
            throw new ArgumentException($"{rows} rows of {width} weights are more than an array holds; take fewer buckets.", nameof(rows));
        }

        this.width = width;
        Values = new float[rows * width];
        RowDecay = new double[rows];
    }

    private NGramWeights(NGramWeights original)
    {
        width = original.width;
        Values = [.. original.Values];
        RowDecay = [.. original.RowDecay];
        Decay = original.Decay;
    }

    /// <summary>The weights before <see cref="Scale"/>; [rows, width].</summary>
    public float[] Values { get; }

    /// <summary>The decay that a row's values have in them; [rows].</summary>
    public double[] RowDecay { get; }

    /// <summary>Σ ln(1 − learning rate · weight decay) over all steps.</summary>
    public double Decay { get; set; }

    public int Rows => RowDecay.Length;

    public int Width => width;

    public Span<float> Row(int row) => Values.AsSpan(row * width, width);

    /// <summary>What a row's values are to be multiplied by.</summary>
    public float Scale(int row) => RowDecay[row] == Decay ? 1 : (float)Math.Exp(Decay - RowDecay[row]);

    public NGramWeights Copy() => new(this);

    /// <summary>Whether a row is as it was made.</summary>
    public bool IsUntouched(int row) => RowDecay[row] == 0 && Row(row).IndexOfAnyExcept(0f) < 0;

    /// <summary>The scores of a softmax: the sum of its rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">As many as the softmax has outcomes.</param>
    public void Scores(ReadOnlySpan<int> rows, Span<float> scores)
    {
        if (Decay != 0)
        {
            TensorPrimitives.Multiply(Row(rows[0])[..scores.Length], Scale(rows[0]), scores);
            foreach (var row in rows[1..])
            {
                TensorPrimitives.MultiplyAdd(Row(row)[..scores.Length], Scale(row), scores, scores);
            }

            return;
        }

        if (rows.Length == 1)
        {
            Row(rows[0])[..scores.Length].CopyTo(scores);
            return;
        }

        TensorPrimitives.Add(Row(rows[0])[..scores.Length], Row(rows[1])[..scores.Length], scores);
        foreach (var row in rows[2..])
        {
            TensorPrimitives.Add(scores, Row(row)[..scores.Length], scores);
        }
    }

    /// <summary>θ ← share · θ_other + (1 − share) · θ, with all decay applied.</summary>
    public void Mix(NGramWeights other, double share)
    {
        for (var row = 0; row < Rows; row++)
        {
            var values = Row(row);
            TensorPrimitives.Multiply(values, (float)((1 - share) * Scale(row)), values);
            TensorPrimitives.MultiplyAdd(other.Row(row), (float)(share * other.Scale(row)), values, values);
            RowDecay[row] = Decay;
        }
    }
}
