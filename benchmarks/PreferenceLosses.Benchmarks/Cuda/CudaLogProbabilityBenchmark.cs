using BenchmarkDotNet.Attributes;
using PreferenceLosses.Cuda;
using PreferenceLosses.Gpu.Speed;

namespace PreferenceLosses.Benchmarks.Cuda;

/// <summary>
/// Sequence log-probabilities from logits on a device, alone and with the gradient in the logits' place. From the second pass on the logits are gradients: no loop
/// looks at what a logit is, but a device draws less power for small numbers; the program in benchmarks/gpu puts the logits back each time.
/// </summary>
[Config(typeof(OnDeviceConfig))]
public class CudaLogProbabilityBenchmark : IDisposable
{
    private const int Calls = 4;

    private CudaDevice device = null!;
    private RowWork work = null!;

    [Params(32_000, 128_256, 151_936)]
    public int Vocabulary { get; set; }

    [Params(128, 2048, 8192)]
    public int Rows { get; set; }

    [Params(LogitFormat.Bf16, LogitFormat.Fp16, LogitFormat.Fp32)]
    public LogitFormat Format { get; set; }

    [Params(false, true)]
    public bool WithBackward { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        device = CudaDevice.Open();
        var shape = new RowShape(Rows, Vocabulary, Format);
        work = new RowWork(device, shape, Benchmark.Sets(shape.Bytes, device.GetFreeBytes()));
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
    public void Run()
    {
        for (var i = 0; i < Calls; i++)
        {
            work.Forward(i % work.SetCount);
            if (WithBackward)
            {
                work.Backward(i % work.SetCount);
            }
        }

        device.Synchronize();
    }
}
