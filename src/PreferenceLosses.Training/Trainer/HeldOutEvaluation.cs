namespace PreferenceLosses.Training;

/// <summary>Metrics on held-out examples, and of completions that the policy draws for their prompts.</summary>
internal sealed class HeldOutEvaluation
{
    /// <summary>Rows at a time. Even, so that the halves of pairs stay together.</summary>
    private const int BatchSize = 256;

    private readonly LossRequirements requirements;
    private readonly TrainingRows rows;
    private readonly IPolicy policy;
    private readonly IPolicy? reference;
    private readonly BatchScorer scorer;
    private readonly GuardedLoss guard;
    private readonly TrainingOptions options;

    public HeldOutEvaluation(
        LossRequirements requirements,
        TrainingRows rows,
        IPolicy policy,
        IPolicy? reference,
        BatchScorer scorer,
        GuardedLoss guard,
        TrainingOptions options)
    {
        this.requirements = requirements;
        this.rows = rows;
        this.policy = policy;
        this.reference = reference;
        this.scorer = scorer;
        this.guard = guard;
        this.options = options;
    }

    public void CacheReference(CancellationToken cancellationToken) => scorer.CacheReference(rows, cancellationToken);

    /// <summary>Adds the metrics of the policy as it is.</summary>
    /// <param name="metrics">Where to, under <see cref="MetricNames.EvaluationPrefix"/>.</param>
    /// <param name="step">Steps done, which decide what is drawn.</param>
    public void AddTo(Dictionary<string, double> metrics, long step)
    {
        var sums = new MetricSums(requirements);
        var batches = new EpochPlan(rows.Count, BatchSize, accumulation: 1, requirements.MinimumRows);
        for (var i = 0; i < batches.Steps; i++)
        {
            var (from, to) = batches.MicroBatches(i).Single();
            var batch = new BatchColumns(requirements, [.. Enumerable.Range(from, to - from).Select(row => rows[row])]);
            scorer.ScoreReference(rows, batch);
            var scores = new double[batch.Sequences.Length];
            policy.LogProbabilities(batch.Sequences, scores);
            batch.Scatter(scores, batch.Policy);
            guard.CheckLogProbabilities(batch, step);
            scorer.SetScalars(batch, isTraining: false);
            sums.Add(batch, guard.Evaluate(batch, step: null), rows.IsSplit);
        }

        if (options.EvaluationSamples > 0)
        {
            AddSamples(sums, step);
        }

        foreach (var (name, value) in sums.Means())
        {
            metrics[MetricNames.EvaluationPrefix + name] = value;
        }
    }

    /// <summary>How far completions that the policy draws are from the reference, and how long they are.</summary>
    private void AddSamples(MetricSums sums, long step)
    {
        // The halves of a pair have the same prompt.
        var rowsOfExample = rows.IsSplit ? 2 : 1;
        ReadOnlyMemory<int>[] prompts =
            [.. Enumerable.Range(0, options.EvaluationSamples).Select(i => rows[(int)((long)i * rowsOfExample % rows.Count)].Prompt)];
        var completions = policy.Sample(prompts, options.Sampling!, new RandomStream(options.Seed).Fork(~(ulong)step));
        TokenSequence[] drawn = [.. prompts.Zip(completions, (prompt, completion) => new TokenSequence(prompt, completion))];
        sums.Add(MetricNames.SampleLength, completions.Average(completion => completion.Length));
        if (reference is not null)
        {
            var divergences = new double[drawn.Length];
            policy.KlDivergence(reference, drawn, divergences);
            sums.Add(MetricNames.Kl, divergences.Average());
        }
    }
}
