using System.Numerics;
using BenchmarkDotNet.Attributes;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Benchmarks;

/// <summary>Loss and gradient of the mean for the policy's two columns, single precision, one thread, into the caller's memory.</summary>
[MemoryDiagnoser]
public class LossCoreBenchmark
{
    private PreferenceLoss loss = null!;
    private float[][] columns = null!;
    private float[] losses = null!;
    private float[] chosenGradient = null!;
    private float[] rejectedGradient = null!;

    /// <summary>Catalogue name.</summary>
    [Params("dpo", "discopop", "aqfl")]
    public string Loss { get; set; } = "";

    /// <summary>Pairs in the batch.</summary>
    [Params(64, 1024, 65536)]
    public int Pairs { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        loss = LossCatalog.BuiltIn.Find(Loss).Loss;
        var random = new Random(1);
        columns = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, Pairs).Select(_ => -60 + (20 * random.NextSingle())).ToArray())];
        losses = new float[Pairs];
        chosenGradient = new float[Pairs];
        rejectedGradient = new float[Pairs];
    }

    [Benchmark]
    public double LossAndGradient() => loss.Evaluate(
        new PreferenceBatch<float>
        {
            PolicyChosen = columns[0],
            PolicyRejected = columns[1],
            ReferenceChosen = columns[2],
            ReferenceRejected = columns[3],
        },
        new LossDestination<float>
        {
            Losses = losses,
            PolicyChosen = chosenGradient,
            PolicyRejected = rejectedGradient,
        },
        new EvaluationOptions { MaxThreads = 1 });
}
