namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>A ragged batch of sequences with random logits, some rows of which do not count.</summary>
internal sealed class LogitScene
{
    public LogitScene(int vocabulary, int[] lengths, int seed, LogitFormat format = LogitFormat.Fp32, double ignored = 0.25)
    {
        var random = new Random(seed);
        Offsets = [0, .. lengths.Select((_, s) => lengths.Take(s + 1).Sum())];
        Labels = [.. Enumerable.Range(0, Rows).Select(_ => random.NextDouble() < ignored ? TokenSequences.IgnoredLabel : random.Next(vocabulary))];
        Batch = new LogitBatch(format, [.. Enumerable.Range(0, Rows * vocabulary).Select(_ => 12 * (random.NextDouble() + random.NextDouble() - 1))], vocabulary);
        Upstream = [.. lengths.Select(_ => (2 * random.NextDouble()) - 1)];
    }

    public LogitBatch Batch { get; init; }

    public int[] Labels { get; init; }

    public int[] Offsets { get; init; }

    public double[] Upstream { get; init; }

    public int Rows => Offsets[^1];

    public TokenSequences Sequences => new() { Labels = Labels, Offsets = Offsets };

    /// <summary>Everything that can be had: per row, per sequence, and the gradient.</summary>
    public (double[] Tokens, double[] Sequences, double[] Gradient) Run(int maxThreads = 1, SequenceLogProbabilities? with = null)
    {
        var logProbabilities = with ?? new SequenceLogProbabilities();
        logProbabilities.Forward(Batch.View, Sequences, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight, maxThreads);
        double[] tokens = [.. logProbabilities.Tokens, .. logProbabilities.Entropies];
        double[] sequences =
        [
            .. logProbabilities.Sums, .. logProbabilities.Means, .. logProbabilities.Lengths, .. logProbabilities.MeanEntropies, .. logProbabilities.PairWeights,
        ];
        var gradient = Batch.Copy();
        logProbabilities.Backward(Batch.View, Upstream, gradient.Gradients, maxThreads);
        return (tokens, sequences, gradient.Values);
    }
}
