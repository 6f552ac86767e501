using PreferenceLosses.Losses;

namespace PreferenceLosses.Benchmarks;

/// <summary>What is measured: loss and gradient of the mean for the policy's two columns, single precision, into the caller's memory.</summary>
internal sealed class LossCore
{
    private readonly PreferenceLoss loss;
    private readonly float[][] columns;
    private readonly int threads;
    private readonly float[] losses;
    private readonly float[] chosenGradient;
    private readonly float[] rejectedGradient;

    public LossCore(string name, int pairs, int threads = 1)
    {
        this.threads = threads;
        loss = LossCatalog.BuiltIn.Find(name).Loss;
        var random = new Random(1);
        columns = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, pairs).Select(_ => -60 + (20 * random.NextSingle())).ToArray())];
        losses = new float[pairs * loss.Graph.Losses.Length];
        chosenGradient = new float[pairs];
        rejectedGradient = new float[pairs];
    }

    public double Run() => loss.Evaluate(
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
        new EvaluationOptions { MaxThreads = threads });
}
