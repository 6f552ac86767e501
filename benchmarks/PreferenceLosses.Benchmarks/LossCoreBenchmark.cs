using BenchmarkDotNet.Attributes;

namespace PreferenceLosses.Benchmarks;

/// <summary>Time and allocations of <see cref="LossCore"/>.</summary>
[MemoryDiagnoser]
public class LossCoreBenchmark
{
    private LossCore core = null!;

    /// <summary>Catalogue name.</summary>
    [Params("dpo", "ipo", "discopop", "aqfl", "kto-pair", "aot")]
    public string Loss { get; set; } = "";

    /// <summary>Pairs in the batch.</summary>
    [Params(8, 64, 1024, 65_536, 1_000_000, 16_000_000)]
    public int Pairs { get; set; }

    [GlobalSetup]
    public void Setup() => core = new LossCore(Loss, Pairs);

    [Benchmark]
    public double LossAndGradient() => core.Run();
}
