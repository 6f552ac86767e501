using PreferenceLosses.Cuda;
using PreferenceLosses.Gpu.Checks;

namespace PreferenceLosses.Gpu.Speed;

/// <summary>The benchmark: what is timed, in which shapes, and within how much memory.</summary>
internal static class Benchmark
{
    /// <summary>Copies of small work together have so many bytes, several times the cache of a large device.</summary>
    private const long Rotated = 512L << 20;

    private const int MostSets = 64;
    private const int QuickSets = 2;

    private static readonly RowShape[] Shapes =
    [
        new(32_768, 128_256, LogitFormat.Bf16),
        new(32_768, 128_256, LogitFormat.Bf16, Masked: 0.5),
        new(32_768, 128_256, LogitFormat.Bf16, Masked: 0.75),
        new(8192, 151_936, LogitFormat.Bf16),
        new(2048, 128_256, LogitFormat.Bf16),
        new(512, 128_256, LogitFormat.Bf16),
        new(128, 128_256, LogitFormat.Bf16),
        new(32_768, 128_256, LogitFormat.Fp16),
        new(16_384, 128_256, LogitFormat.Fp32),
    ];

    private static readonly RowShape[] QuickShapes =
    [
        new(8, 515, LogitFormat.Bf16),
        new(8, 515, LogitFormat.Bf16, Masked: 0.5),
        new(8, 515, LogitFormat.Fp32),
    ];

    private static readonly string[] Losses = ["dpo", "discopop", "aqfl", "kto-pair"];
    private static readonly int[] Pairs = [8, 64, 1024, 16_384, 131_072, 1_048_576, 16_777_216, 67_108_864];

    public static int Run(CudaDevice device, ToolOptions options, TextWriter output)
    {
        var isQuick = options.IsQuick;
        using var lead = new Lead(device, isQuick);
        var memory = options.Memory > 0 ? options.Memory : (long)(0.8 * device.GetFreeBytes());
        var samples = isQuick ? 2 : options.Repeats;
        var copyBytes = isQuick ? 1 << 16 : Math.Min(4L << 30, memory / 4);
        var result = new BenchmarkResult(SelfTest.Describe(device), copyBytes, CopyRate.Measure(device, lead, copyBytes, samples));
        var isRight = true;
        output.WriteLine(result.Header);
        if (options.Wants("rows"))
        {
            output.WriteLine(BenchmarkResult.RowTitle);
            foreach (var asked in isQuick ? QuickShapes : Shapes)
            {
                var shape = Fitting(asked, memory, output);
                using var work = new RowWork(device, shape, isQuick ? QuickSets : Sets(shape.Bytes, memory));
                var errors = work.Errors();
                if (work.WhatIsWrong(errors) is { } wrong)
                {
                    // What is wrong is not timed.
                    output.WriteLine(FormattableString.Invariant($"FAILED {shape.Rows} × {shape.Vocabulary} {shape.Format}: {wrong}"));
                    isRight = false;
                    continue;
                }

                Save(TimeRows(device, lead, work, errors, samples));
            }
        }

        if (options.Wants("pairs"))
        {
            output.WriteLine(BenchmarkResult.PairTitle);
            foreach (var loss in isQuick ? Losses[..1] : Losses)
            {
                foreach (var pairs in isQuick ? [8, 64] : Pairs)
                {
                    foreach (var withMetrics in new[] { false, true })
                    {
                        // A set has at most two losses, two gradients and two rewards beside its four columns.
                        if (10L * sizeof(float) * pairs > memory)
                        {
                            output.WriteLine(FormattableString.Invariant($"not done: {loss}, {pairs} pairs, which do not fit into {memory >> 20} MiB"));
                            continue;
                        }

                        Save([TimePairs(device, lead, loss, pairs, withMetrics, samples, memory, isQuick)]);
                    }
                }
            }
        }

        return isRight ? 0 : 1;

        // The file is written after each line: what a command that ran out of time has measured is not lost.
        void Save(IEnumerable<Measurement> measured)
        {
            foreach (var measurement in measured)
            {
                result.Add(measurement);
                output.WriteLine(result.Line(measurement));
            }

            if (options.Json is { } path)
            {
                result.Write(path);
            }
        }
    }

    /// <summary>The same with fewer rows, if the logits and one copy of them are too large.</summary>
    private static RowShape Fitting(RowShape asked, long memory, TextWriter output)
    {
        var shape = asked;
        while (2 * shape.Bytes > memory && shape.Rows > 1)
        {
            shape = shape with { Rows = shape.Rows / 2 };
        }

        if (shape != asked)
        {
            output.WriteLine(FormattableString.Invariant($"{asked.Rows} × {asked.Vocabulary} {asked.Format} do not fit into {memory >> 20} MiB twice: {shape.Rows} rows instead"));
        }

        return shape;
    }

    /// <summary>How many copies of some work are rotated, so that none is in the device's cache and all of them and one more fit into the memory.</summary>
    public static int Sets(long bytes, long memory) => (int)Math.Clamp(Math.Min((Rotated + bytes - 1) / bytes, (memory / bytes) - 1), 1, MostSets);

    private static List<Measurement> TimeRows(CudaDevice device, Lead lead, RowWork work, (double LogProbability, double Gradient) errors, int samples)
    {
        var (shape, calls) = (work.Shape, work.SetCount);
        work.Restore();
        var forward = Timing.Of(device, lead, samples, calls, work.Forward);
        var backward = Timing.Of(device, lead, samples, calls, work.Backward, work.Restore);
        void Both(int set)
        {
            work.Forward(set);
            work.Backward(set);
        }

        var both = Timing.Of(device, lead, samples, calls, Both, work.Restore);
        return
        [
            Measurement.OfRows(shape, "forward", forward, work.ForwardBytes, work.ExtraBytes, errors.LogProbability),
            Measurement.OfRows(shape, "backward", backward, work.BackwardBytes, work.ExtraBytes, errors.Gradient),
            Measurement.OfRows(shape, "forward + backward", both, work.ForwardBytes + work.BackwardBytes, work.ExtraBytes, null),
        ];
    }

    private static Measurement TimePairs(CudaDevice device, Lead lead, string loss, int pairs, bool withMetrics, int samples, long memory, bool isQuick)
    {
        using var work = new PairWork(device, loss, pairs, withMetrics, isQuick ? QuickSets : Sets(PairWork.BytesOf(loss, pairs, withMetrics), memory));
        return Measurement.OfPairs(loss, pairs, withMetrics, Timing.Of(device, lead, samples, work.SetCount, work.Evaluate), work.Bytes, work.ExtraBytes);
    }
}
