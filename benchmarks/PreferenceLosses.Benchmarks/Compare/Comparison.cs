namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>What a piece of work took on both sides, in rounds that alternate.</summary>
/// <param name="Work">The work.</param>
/// <param name="Threads">On how many threads.</param>
/// <param name="Rounds">Per round our cost and PyTorch's.</param>
internal sealed record Comparison(Work Work, int Threads, (Cost Ours, Cost PyTorch)[] Rounds)
{
    /// <summary>The median over the rounds of the medians of each, in microseconds.</summary>
    public double Ours => Statistics.Median(Rounds.Select(r => r.Ours.Median));

    public double PyTorch => Statistics.Median(Rounds.Select(r => r.PyTorch.Median));

    /// <summary>How many times faster ours is, in each round; sorted.</summary>
    public double[] Ratios => [.. Rounds.Select(r => r.PyTorch.Median / r.Ours.Median).Order()];

    public double Ratio => Statistics.Median(Ratios);

    public static Comparison Run(Work work, int threads, PyTorchWorker pytorch, int rounds, double seconds)
    {
        var run = work.Prepare(threads);
        Stopwatches.Warm(run);
        pytorch.Run(work, threads, seconds);
        return new Comparison(work, threads, [.. Enumerable.Range(0, rounds).Select(_ => (Stopwatches.Run(run, seconds), pytorch.Run(work, threads, seconds)))]);
    }
}
