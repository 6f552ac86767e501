namespace PreferenceLosses.Training;

/// <summary>Which rows a statistic over the batch (a mean, a quantile, KTO's kl, …) is taken over, where gradients are accumulated.</summary>
public enum StatisticsSpan
{
    /// <summary>Each micro-batch by itself, as in the Python trainers.</summary>
    MicroBatch,

    /// <summary>
    /// All rows of the step: log-probabilities of all micro-batches first, the loss once, and then the gradients. The result is that of one large batch; each
    /// completion is scored twice.
    /// </summary>
    AccumulatedBatch,
}

/// <summary>A reference that follows the policy: TR-DPO (Gorbatovski et al. 2024, arXiv 2404.09656).</summary>
/// <param name="Interval">After how many steps each time; at least 1.</param>
/// <param name="Share">α of θ_ref ← αθ + (1 − α)θ_ref: above 0, at most 1. The paper's soft update has 0.6 at every step, its hard update 1 now and then.</param>
public sealed record ReferenceSynchronization(int Interval, double Share)
{
    /// <summary>After how many steps each time.</summary>
    public int Interval { get; } = Interval >= 1
        ? Interval
        : throw new ArgumentOutOfRangeException(nameof(Interval), Interval, "The number of steps has to be at least 1.");

    /// <summary>α.</summary>
    public double Share { get; } = Share is > 0 and <= 1
        ? Share
        : throw new ArgumentOutOfRangeException(nameof(Share), Share, "The share has to be above 0 and at most 1.");
}

/// <summary>How to train.</summary>
public sealed record TrainingOptions
{
    /// <summary>How often every example is seen; at least 1.</summary>
    /// <value>The default value is 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int Epochs { get; init => field = AtLeast(1, value); } = 1;

    /// <summary>Rows (pairs, examples or groups) that are in memory at once: a micro-batch; at least 1.</summary>
    /// <value>The default value is 32.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int BatchSize { get; init => field = AtLeast(1, value); } = 32;

    /// <summary>Micro-batches whose gradients make one step; at least 1.</summary>
    /// <value>The default value is 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int GradientAccumulation { get; init => field = AtLeast(1, value); } = 1;

    /// <summary>Which rows statistics over the batch are taken over.</summary>
    /// <value>The default value is <see cref="StatisticsSpan.MicroBatch"/>.</value>
    public StatisticsSpan StatisticsSpan { get; init; }

    /// <summary>The learning rate at the end of the warm-up; greater than 0.</summary>
    /// <value>The default value is 0.02, which suits <see cref="NGramPolicy"/>; a transformer wants 1e-6 or so.</value>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not a finite number above 0.</exception>
    public double LearningRate { get; init => field = Positive(value); } = 0.02;

    /// <summary>What the learning rate does after the warm-up.</summary>
    /// <value>The default value is <see cref="ScheduleKind.Linear"/>.</value>
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Linear;

    /// <summary>Steps in which the learning rate rises; 0 or greater. Of more than the run has, it rises in all but the last, and <see cref="Trainer.Notes"/> says so.</summary>
    /// <value>The default value is 0.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int WarmupSteps { get; init => field = AtLeast(0, value); }

    /// <summary>The norm that gradients are clipped to, all weights together; infinity for none.</summary>
    /// <value>The default value is 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The norm is not above 0.</exception>
    public double MaxGradientNorm
    {
        get;
        init => field = value > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The norm has to be above 0; infinity for no clipping.");
    } = 1;

    /// <summary>The seed of the order of rows in each epoch, and of what is drawn in evaluations.</summary>
    /// <value>The default value is 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Steps from one line of metrics to the next; at least 1. A line is about its own step, and not a mean over several.</summary>
    /// <value>The default value is 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int LoggingInterval { get; init => field = AtLeast(1, value); } = 1;

    /// <summary>Steps from one evaluation on held-out data to the next; 0 for only one at the end.</summary>
    /// <value>The default value is 0.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int EvaluationInterval { get; init => field = AtLeast(0, value); }

    /// <summary>Completions that evaluations draw, for the divergence from the reference (<see cref="MetricNames.Kl"/>); 0 for none.</summary>
    /// <value>The default value is 0. It needs <see cref="Sampling"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int EvaluationSamples { get; init => field = AtLeast(0, value); }

    /// <summary>
    /// How they are drawn. With temperature 1 and top-p 1 the divergence is KL(π ‖ π_ref) of whole completions; else it is Σ KL(π ‖ π_ref) of the next token along
    /// completions that another distribution than π drew.
    /// </summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Where checkpoints and metrics are written; null for nowhere.</summary>
    public string? OutputDirectory { get; init; }

    /// <summary>Steps from one checkpoint to the next; 0 for only one at the end.</summary>
    /// <value>The default value is 0.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int CheckpointInterval { get; init => field = AtLeast(0, value); }

    /// <summary>How many checkpoints are kept, the newest ones; at least 1.</summary>
    /// <value>The default value is 2.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int KeepCheckpoints { get; init => field = AtLeast(1, value); } = 2;

    /// <summary>Whether to go on from the newest checkpoint of the output directory, if it has one. If not, a directory with checkpoints is refused.</summary>
    /// <value>The default value is false.</value>
    public bool Resume { get; init; }

    /// <summary>Whether, and how, the reference follows the policy; null for a reference that stays.</summary>
    public ReferenceSynchronization? ReferenceSynchronization { get; init; }

    /// <summary>The share of the past in the moments that β-DPO and α-DPO compare with; from 0 to below 1.</summary>
    /// <value>The default value is 0.9, β-DPO's.</value>
    /// <exception cref="ArgumentOutOfRangeException">The share is out of its range.</exception>
    public double MomentDecay
    {
        get;
        init => field = value is >= 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The share of the past has to be from 0 to below 1.");
    } = 0.9;

    /// <summary>
    /// A loss this many times larger than it usually is stops the run, as one that is not finite does; infinity for none. Usual is the running mean
    /// of |loss|, and at least 1.
    /// </summary>
    /// <value>The default value is 1,000.</value>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not above 1.</exception>
    public double ExplosionFactor
    {
        get;
        init => field = value > 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The factor has to be above 1; infinity for none.");
    } = 1000;

    private static int AtLeast(int least, int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least);
        return value;
    }

    private static double Positive(double value) => value > 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A finite number above 0 is needed.");
}
