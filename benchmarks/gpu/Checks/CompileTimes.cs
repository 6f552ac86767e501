using System.Diagnostics;
using System.Text.Json;
using PreferenceLosses.Cuda;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>
/// How long the first evaluation of a loss takes when its kernel is written and not compiled: the driver's compiler. With a new folder in CUDA_CACHE_PATH nothing
/// is known to the driver; the second time with the same folder it is.
/// </summary>
internal static class CompileTimes
{
    public static int Run(CudaDevice device, ToolOptions options, TextWriter output)
    {
        output.WriteLine(SelfTest.Describe(device));
        var times = new Dictionary<string, double> { ["(row kernels)"] = OfRowKernels(device) };
        foreach (var entry in LossCatalog.BuiltIn.Entries)
        {
            try
            {
                if (OfLoss(device, entry.Loss) is { } milliseconds)
                {
                    times[entry.Name] = milliseconds;
                }
            }
            catch (NotSupportedException e)
            {
                output.WriteLine($"refused: {e.Message}");
            }
        }

        foreach (var (name, time) in times.OrderByDescending(t => t.Value))
        {
            output.WriteLine(FormattableString.Invariant($"{time,10:F2} ms  {name}"));
        }

        output.WriteLine(FormattableString.Invariant($"{times.Values.Sum(),10:F2} ms  all {times.Count}"));
        if (options.Json is { } path)
        {
            using var file = File.Create(path);
            using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            foreach (var (name, time) in times)
            {
                json.WriteNumber(name, time);
            }

            json.WriteEndObject();
        }

        return 0;
    }

    private static double OfRowKernels(CudaDevice device)
    {
        using var rows = new RowsOnDevice(device, LogitBytes.Encode([0, 0, 0, 0], LogitFormat.Bf16), LogitFormat.Bf16, vocabulary: 4, stride: 4, start: 0, [0], [0, 1]);
        var started = Stopwatch.GetTimestamp();
        rows.Forward(isShared: false);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    /// <summary>Nothing for a loss that has no kernel.</summary>
    private static double? OfLoss(CudaDevice device, IPreferenceLoss loss)
    {
        var random = new Random(1);
        var batch = AnyBatch.For(loss, 3, (low, high) => low + ((high - low) * random.NextDouble()), random);
        using var onDevice = new LossOnDevice(device, loss, batch, weights: null, Reduction.Mean);
        if (onDevice.GoesThroughHost)
        {
            return null;
        }

        onDevice.WriteKernels();
        var started = Stopwatch.GetTimestamp();
        onDevice.Evaluate(0);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
