using BenchmarkDotNet.Attributes;

namespace PreferenceLosses.Benchmarks;

/// <summary>
/// Sequence log-probabilities from logits on one thread, alone and with the gradient in the logits' place. From the second call on the logits
/// are gradients, which costs the same: no loop looks at what a logit is.
/// </summary>
[MemoryDiagnoser]
public class LogProbabilityBenchmark
{
    private LogProbabilityPass pass = null!;

    [Params(32_000, 128_256)]
    public int Vocabulary { get; set; }

    [Params(64, 512)]
    public int Rows { get; set; }

    [Params(LogitFormat.Fp32, LogitFormat.Fp16, LogitFormat.Bf16)]
    public LogitFormat Format { get; set; }

    [Params(false, true)]
    public bool WithBackward { get; set; }

    [GlobalSetup]
    public void Setup() => pass = new LogProbabilityPass(Vocabulary, Rows, Format, WithBackward, threads: 1);

    [Benchmark]
    public void Run() => pass.Run();
}
