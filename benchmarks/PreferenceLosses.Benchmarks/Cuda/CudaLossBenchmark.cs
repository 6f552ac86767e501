using BenchmarkDotNet.Attributes;
using PreferenceLosses.Cuda;
using PreferenceLosses.Gpu.Speed;

namespace PreferenceLosses.Benchmarks.Cuda;

/// <summary>Losses, gradients and metrics of a batch of pairs on a device; batches are rotated, so that none is in the device's cache.</summary>
[Config(typeof(OnDeviceConfig))]
public class CudaLossBenchmark : IDisposable
{
    private const int Calls = 16;

    private CudaDevice device = null!;
    private PairWork work = null!;

    /// <summary>Catalogue name.</summary>
    [Params("dpo", "discopop", "aqfl", "kto-pair")]
    public string Loss { get; set; } = "";

    /// <summary>Pairs in the batch.</summary>
    [Params(8, 64, 1024, 16_384, 1_048_576, 67_108_864)]
    public int Pairs { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        device = CudaDevice.Open();
        work = new PairWork(device, Loss, Pairs, withMetrics: true, Benchmark.Sets(PairWork.BytesOf(Loss, Pairs, withMetrics: true), device.GetFreeBytes()));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        work.Dispose();
        device.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Some calls that follow each other, and the wait for the last.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public void Evaluate()
    {
        for (var i = 0; i < Calls; i++)
        {
            work.Evaluate(i % work.SetCount);
        }

        device.Synchronize();
    }
}
