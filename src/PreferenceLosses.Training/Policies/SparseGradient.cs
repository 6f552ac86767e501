using System.Numerics.Tensors;

namespace PreferenceLosses.Training;

/// <summary>
/// The gradient of the rows that a batch touches, and of no others: a row gets a slot when it is first touched, and slots lie side by side. Each row's sum is
/// taken by one thread in the order of the tokens, so it does not depend on how many threads there are.
/// </summary>
internal sealed class SparseGradient(int rows, int width)
{
    private const int SlotsPerChunk = 64;

    /// <summary>One more than the slot of a row; 0 for a row without one.</summary>
    private readonly int[] slotOf = new int[rows];

    private int[] rowOf = [];
    private float[] values = [];
    private int[] starts = [];
    private int[] occurrences = [];

    /// <summary>The number of rows that have been touched.</summary>
    public int Count { get; private set; }

    /// <summary>What the stored values are to be multiplied by: clipping does not walk through them.</summary>
    public double Scale { get; private set; } = 1;

    public int RowOf(int slot) => rowOf[slot];

    public ReadOnlySpan<float> Values(int slot) => values.AsSpan(slot * width, width);

    /// <summary>Adds weight · (1[outcome] − p) to the rows of every softmax.</summary>
    /// <param name="softmaxes">How many softmaxes there are.</param>
    /// <param name="rowsPerSoftmax">How many rows each one is the sum of.</param>
    /// <param name="rows">The rows of each softmax.</param>
    /// <param name="probabilities">The probabilities of each softmax; [softmaxes, width].</param>
    /// <param name="outcomes">The outcome of each softmax.</param>
    /// <param name="weights">The weight of each softmax; those of weight 0 touch nothing.</param>
    /// <param name="maxThreads">The largest number of threads.</param>
    public void Add(int softmaxes, int rowsPerSoftmax, int[] rows, float[] probabilities, int[] outcomes, float[] weights, int maxThreads)
    {
        ApplyScale();
        FindOccurrences(softmaxes, rowsPerSoftmax, rows, weights);
        Chunks.For(Count, SlotsPerChunk, maxThreads, (from, to) =>
        {
            for (var slot = from; slot < to; slot++)
            {
                var gradient = values.AsSpan(slot * width, width);
                for (var i = starts[slot]; i < starts[slot + 1]; i++)
                {
                    var softmax = occurrences[i];
                    TensorPrimitives.MultiplyAdd(probabilities.AsSpan(softmax * width, width), -weights[softmax], gradient, gradient);
                    gradient[outcomes[softmax]] += weights[softmax];
                }
            }
        });
    }

    /// <summary>The Euclidean norm.</summary>
    public double Norm(int maxThreads)
    {
        const int slotsPerSum = 1024;
        var sums = new double[(Count + slotsPerSum - 1) / slotsPerSum];
        Chunks.For(Count, slotsPerSum, maxThreads, (from, to) =>
        {
            var sum = 0.0;
            for (var slot = from; slot < to; slot++)
            {
                sum += TensorPrimitives.SumOfSquares(Values(slot));
            }

            sums[from / slotsPerSum] = sum;
        });
        return Scale * Math.Sqrt(sums.Sum());
    }

    public void Multiply(double factor) => Scale *= factor;

    public void Clear()
    {
        for (var slot = 0; slot < Count; slot++)
        {
            slotOf[rowOf[slot]] = 0;
        }

        Count = 0;
        Scale = 1;
    }

    private void ApplyScale()
    {
        if (Scale != 1)
        {
            var all = values.AsSpan(0, Count * width);
            TensorPrimitives.Multiply(all, (float)Scale, all);
            Scale = 1;
        }
    }

    /// <summary>Gives new rows slots, and lists for each slot the softmaxes that it is part of.</summary>
    private void FindOccurrences(int softmaxes, int rowsPerSoftmax, int[] rows, float[] weights)
    {
        // How often each slot occurs, counted two places on, so that the sums below end up as starts.
        GrowTo(ref starts, Count + 2);
        starts.AsSpan().Clear();
        for (var softmax = 0; softmax < softmaxes; softmax++)
        {
            if (weights[softmax] != 0)
            {
                foreach (var row in rows.AsSpan(softmax * rowsPerSoftmax, rowsPerSoftmax))
                {
                    var slot = SlotOf(row);
                    GrowTo(ref starts, slot + 3);
                    starts[slot + 2]++;
                }
            }
        }

        for (var slot = 2; slot <= Count; slot++)
        {
            starts[slot] += starts[slot - 1];
        }

        GrowTo(ref occurrences, softmaxes * rowsPerSoftmax);
        for (var softmax = 0; softmax < softmaxes; softmax++)
        {
            if (weights[softmax] != 0)
            {
                foreach (var row in rows.AsSpan(softmax * rowsPerSoftmax, rowsPerSoftmax))
                {
                    occurrences[starts[slotOf[row]]++] = softmax;
                }
            }
        }
    }

    private int SlotOf(int row)
    {
        if (slotOf[row] == 0)
        {
            GrowTo(ref rowOf, Count + 1);
            GrowTo(ref values, (Count + 1) * width);
            rowOf[Count] = row;
            values.AsSpan(Count * width, width).Clear();
            Count++;
            slotOf[row] = Count;
        }

        return slotOf[row] - 1;
    }

    private static void GrowTo<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, Math.Max(length, array.Length * 2));
        }
    }
}
