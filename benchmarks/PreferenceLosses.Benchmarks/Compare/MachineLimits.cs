using System.Numerics.Tensors;

namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>What this machine can do at best, measured beside the rest: the lines that no implementation gets below.</summary>
internal static class MachineLimits
{
    /// <summary>Nanoseconds per pair for reading the four columns and writing the three results of a loss, without arithmetic.</summary>
    public static double MovingAPair(int pairs, int threads, double seconds)
    {
        var columns = Enumerable.Range(0, 4).Select(_ => Written(pairs)).ToArray();
        var results = Enumerable.Range(0, 3).Select(_ => Written(pairs)).ToArray();
        return Time(() => InParts(pairs, threads, (start, count) => Move(columns, results, start, count)), seconds) * 1000 / pairs;
    }

    /// <summary>Nanoseconds per exponential of single precision, over an array that stays in the cache, with the base library.</summary>
    public static double Exponential(double seconds)
    {
        var x = Enumerable.Range(0, 4096).Select(i => -i / 400f).ToArray();
        var results = new float[x.Length];
        return Time(() => TensorPrimitives.Exp(x, results), seconds) * 1000 / x.Length;
    }

    /// <summary>Nanoseconds per logit for reading an array of logits once.</summary>
    public static double ReadingALogit(long logits, double seconds)
    {
        var values = Written(logits);
        var sum = 0f;
        var median = Time(() => sum += TensorPrimitives.Sum(values), seconds);
        return sum > 0 ? median * 1000 / logits : throw new InvalidOperationException("A sum of ones is positive.");
    }

    private static double Time(Action run, double seconds)
    {
        Stopwatches.Warm(run);
        return Stopwatches.Run(run, seconds).Median;
    }

    /// <summary>Memory that was never written is not there yet, and costs nothing to read.</summary>
    private static float[] Written(long count)
    {
        var values = new float[count];
        Array.Fill(values, 1);
        return values;
    }

    private static void Move(float[][] columns, float[][] results, int start, int count)
    {
        Span<float> Part(float[] array) => array.AsSpan(start, count);

        Part(columns[0]).CopyTo(Part(results[0]));
        Part(columns[1]).CopyTo(Part(results[1]));
        TensorPrimitives.Add(Part(columns[2]), Part(columns[3]), Part(results[2]));
    }

    private static void InParts(int count, int threads, Action<int, int> work)
    {
        if (threads == 1)
        {
            work(0, count);
            return;
        }

        Parallel.For(0, threads, part =>
        {
            var start = (int)((long)count * part / threads);
            work(start, (int)((long)count * (part + 1) / threads) - start);
        });
    }
}
