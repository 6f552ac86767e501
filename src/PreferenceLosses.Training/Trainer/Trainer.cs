using System.Collections.Immutable;
using System.Diagnostics;

namespace PreferenceLosses.Training;

/// <summary>
/// Trains a policy with a preference loss: log-probabilities of the policy and of a reference in, the loss, and its derivative with respect to each
/// log-probability back into the policy.
/// </summary>
/// <remarks>
/// <para>
/// A run is a function of policy, loss, data, options and reference: it can be interrupted at any point and goes on from its last checkpoint to the same
/// weights, bit for bit (with <see cref="NGramPolicy"/>, on the same machine). Nothing of the dataset is kept in memory but its order, and the reference's log-probabilities, which are computed
/// once (with <see cref="TrainingOptions.ReferenceSynchronization"/>, at every batch).
/// </para>
/// <para>
/// Any loss fits that reads log-probabilities, lengths, scores (where the data has them), or a scalar that is estimated as its paper says: KTO's kl by mismatched
/// completions, BCO's shift by a running mean, β-DPO's and α-DPO's moments, each updated with a batch before the batch uses it. Losses of single
/// examples take pairs apart, ranked ones take a pair as a ranking of two, and likelihoods take the chosen, desirable or best completions of any data.
/// </para>
/// <para>A trainer disposes of the reference that it made, a copy of the policy or of a reference that follows it. What it was given stays the caller's.</para>
/// </remarks>
public sealed class Trainer : IDisposable
{
    private const string CheckpointFolder = "checkpoints";
    private const string MetricsName = "metrics.jsonl";

    private readonly ITrainablePolicy policy;
    private readonly IPreferenceLoss loss;
    private readonly IExampleSource training;
    private readonly TrainingOptions options;
    private readonly LossRequirements requirements;
    private readonly TrainingRows rows;
    private readonly HeldOutEvaluation? evaluation;
    private readonly EpochPlan plan;
    private readonly IPolicy? reference;

    /// <summary>The reference, if it was made here.</summary>
    private readonly IPolicy? ownReference;

    private readonly RunningState state;
    private readonly BatchScorer scorer;
    private readonly GuardedLoss guard;
    private readonly LearningRateSchedule schedule;
    private readonly CheckpointDirectory? checkpoints;
    private readonly List<string> notes = [];
    private (int Epoch, int[] Order) order = (-1, []);
    private bool hasRun;
    private bool isDisposed;

    /// <summary>What the run is; null where nothing is written.</summary>
    private ImmutableSortedDictionary<string, string>? identity;

    /// <summary>The metrics of the last step.</summary>
    private Dictionary<string, double> last = [];

    /// <summary>A run, checked before it begins.</summary>
    /// <param name="policy">The policy to train. Its optimizer goes on from where it is: after a run with another loss, <see cref="NGramPolicy.Copy"/> has a new one.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="training">The examples to train on.</param>
    /// <param name="options">How to train; the defaults if left out.</param>
    /// <param name="reference">The reference; if left out, and the loss needs one, a copy of the policy as it is now.</param>
    /// <param name="heldOut">The examples to evaluate on; none if left out.</param>
    /// <exception cref="LossNotTrainableException">The loss needs something that there is not.</exception>
    /// <exception cref="ArgumentException">There are too few examples, or options that do not go together.</exception>
    public Trainer(
        ITrainablePolicy policy,
        IPreferenceLoss loss,
        IExampleSource training,
        TrainingOptions? options = null,
        IPolicy? reference = null,
        IExampleSource? heldOut = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(training);
        this.policy = policy;
        this.loss = loss;
        this.training = training;
        this.options = options ??= new TrainingOptions();
        if (training.Count == 0)
        {
            throw new ArgumentException("There are no examples to train on.", nameof(training));
        }

        if (ReferenceEquals(policy, reference))
        {
            throw new ArgumentException("The reference is the policy itself, which changes; a copy is made by Freeze.", nameof(reference));
        }

        requirements = RequirementsOf(loss, training);
        rows = new TrainingRows(training, requirements);
        CheckRows();
        plan = new EpochPlan(rows.Count, options.BatchSize, options.GradientAccumulation, requirements.MinimumRows);
        if (plan.MergedRows > 0)
        {
            notes.Add($"The loss needs {requirements.MinimumRows} rows, and the last micro-batch of an epoch would have {plan.MergedRows}: it is merged with the one before it.");
        }

        if (options.ReferenceSynchronization is not null && !requirements.NeedsReference)
        {
            throw new ArgumentException($"The loss '{loss.Name}' has no reference that could follow the policy.", nameof(options));
        }

        if (options.EvaluationSamples > 0 && options.Sampling is null)
        {
            throw new ArgumentException("Completions are to be drawn in evaluations, and it is not said how: Sampling is missing.", nameof(options));
        }

        var heldOutRows = heldOut is null ? null : RowsOf(heldOut);
        state = new RunningState(options.MomentDecay);
        guard = new GuardedLoss(requirements.Loss, state, options.ExplosionFactor);
        TotalSteps = (long)plan.Steps * options.Epochs;
        NoteWithoutEffect(heldOut is not null);
        schedule = new LearningRateSchedule(options.Schedule, options.LearningRate, Math.Min(options.WarmupSteps, TotalSteps - 1), TotalSteps);
        checkpoints = options.OutputDirectory is null ? null : new(Path.Combine(options.OutputDirectory, CheckpointFolder), options.KeepCheckpoints);

        // Last, when nothing is refused any more: nobody would dispose of it. A reference that follows the policy is changed, and the caller's should not be.
        ownReference = reference is null
            ? requirements.NeedsReference ? policy.Freeze() : null
            : options.ReferenceSynchronization is null ? null : reference.Freeze();
        this.reference = ownReference ?? reference;
        scorer = new BatchScorer(requirements, policy, this.reference, state);
        evaluation = heldOutRows is null ? null : new HeldOutEvaluation(requirements, heldOutRows, policy, this.reference, scorer, guard, options);
    }

    /// <summary>Steps in all.</summary>
    public long TotalSteps { get; }

    /// <summary>What a person should know of this run: rows that were merged, options that do nothing, checkpoints that were not used.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>Why a loss cannot be trained with; null if it can.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="data">What an example of the data is.</param>
    /// <param name="hasScores">Whether the data has scores.</param>
    public static string? ReasonAgainst(IPreferenceLoss loss, ExampleKind data, bool hasScores)
    {
        ArgumentNullException.ThrowIfNull(loss);
        try
        {
            _ = new LossRequirements(loss, data, hasScores);
            return null;
        }
        catch (LossNotTrainableException no)
        {
            return no.Reason;
        }
    }

    /// <summary>Trains to the end, from the beginning or from the newest checkpoint.</summary>
    /// <param name="progress">Is told of every step.</param>
    /// <param name="cancellationToken">Stops the run after the step that it is in; its checkpoint is written first.</param>
    /// <returns>What it came to. The policy is the trained one.</returns>
    /// <exception cref="TrainingDivergedException">A number was not finite, or the loss exploded.</exception>
    /// <exception cref="CheckpointException">There are checkpoints, and none to go on from, or the run was not to be resumed.</exception>
    /// <exception cref="IOException">Another run has the output directory, or it cannot be written to.</exception>
    /// <exception cref="InvalidDataException">The output directory has a file of metrics that is somebody else's.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">It has run before.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public TrainingResult Run(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (hasRun)
        {
            throw new InvalidOperationException("A trainer is for one run, which it has made.");
        }

        hasRun = true;
        using var directoryLock = options.OutputDirectory is null ? null : new RunLock(options.OutputDirectory);
        policy.ZeroGradient();
        var first = Begin();
        using var metricsFile = options.OutputDirectory is { } directory ? new MetricsFile(Path.Combine(directory, MetricsName), first) : null;
        if (options.ReferenceSynchronization is null)
        {
            scorer.CacheReference(rows, cancellationToken);
            evaluation?.CacheReference(cancellationToken);
        }

        var watch = Stopwatch.StartNew();
        for (var step = first; step < TotalSteps; step++)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                metricsFile?.FlushToDisk();
                Save(step);
                cancellationToken.ThrowIfCancellationRequested();
            }

            var tokensBefore = state.Tokens;
            var metrics = TrainStep(step);
            var done = step + 1;
            if (options.ReferenceSynchronization is { } sync && done % sync.Interval == 0)
            {
                reference!.MixWith(policy, sync.Share);
            }

            var isEvaluated = evaluation is not null && IsDue(done, options.EvaluationInterval);
            if (isEvaluated)
            {
                evaluation!.AddTo(metrics, done);
            }

            TrainingMeter.Record(metrics, loss.Name, state.Tokens - tokensBefore);
            if (isEvaluated || IsDue(done, options.LoggingInterval))
            {
                metricsFile?.Write(done, metrics);
            }

            last = metrics;
            progress?.Report(new(done, TotalSteps, metrics, watch.Elapsed, watch.Elapsed / (done - first) * (TotalSteps - done)));
            if (IsDue(done, options.CheckpointInterval))
            {
                metricsFile?.FlushToDisk();
                Save(done);
            }
        }

        if (first == TotalSteps)
        {
            evaluation?.AddTo(last, TotalSteps);
        }

        return new(TotalSteps, first, last);
    }

    /// <summary>Metrics on the held-out examples with the policy as it is: under their names, with <see cref="MetricNames.EvaluationPrefix"/>.</summary>
    /// <exception cref="InvalidOperationException">There are no held-out examples.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public IReadOnlyDictionary<string, double> Evaluate()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var metrics = new Dictionary<string, double>();
        (evaluation ?? throw new InvalidOperationException("There are no held-out examples to evaluate on.")).AddTo(metrics, 0);
        return metrics;
    }

    /// <summary>Disposes of the reference, if it was made here.</summary>
    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        ownReference?.Dispose();
    }

    /// <summary>Options that are set and do nothing in this run, or not all that they say.</summary>
    private void NoteWithoutEffect(bool hasHeldOut)
    {
        if (!hasHeldOut && (options.EvaluationInterval > 0 || options.EvaluationSamples > 0))
        {
            notes.Add("There are no held-out examples, so there are no evaluations: EvaluationInterval and EvaluationSamples do nothing.");
        }

        if (options.OutputDirectory is null && (options.CheckpointInterval > 0 || options.Resume))
        {
            notes.Add("There is no output directory, so there are no checkpoints: CheckpointInterval and Resume do nothing.");
        }

        if (options.WarmupSteps >= TotalSteps)
        {
            notes.Add($"The warm-up would have {options.WarmupSteps} steps, and the run has {TotalSteps}: the learning rate rises in all but the last.");
        }
    }

    /// <summary>After every so many steps, and at the end.</summary>
    private bool IsDue(long done, int interval) => done == TotalSteps || (interval > 0 && done % interval == 0);

    private static LossRequirements RequirementsOf(IPreferenceLoss loss, IExampleSource data) =>
        new(loss, data[0].Kind, !data[0].Scores.IsDefaultOrEmpty);

    /// <summary>Held-out examples have to be of the same kind, to have scores where the loss reads them, and to be enough for it.</summary>
    private TrainingRows RowsOf(IExampleSource heldOut)
    {
        if (heldOut.Count > 0 && RequirementsOf(loss, heldOut).Data != requirements.Data)
        {
            throw new ArgumentException($"The held-out examples are of the kind {heldOut[0].Kind}, and those to train on {requirements.Data}.", nameof(heldOut));
        }

        var own = new TrainingRows(heldOut, requirements);
        return own.Count >= requirements.MinimumRows
            ? own
            : throw new ArgumentException($"The loss '{loss.Name}' needs at least {requirements.MinimumRows} rows to evaluate on; there are {own.Count}.", nameof(heldOut));
    }

    private void CheckRows()
    {
        if (rows.Count < requirements.MinimumRows)
        {
            throw new ArgumentException($"The loss '{loss.Name}' needs at least {requirements.MinimumRows} rows to train on; there are {rows.Count}.");
        }

        if (options.BatchSize < requirements.MinimumRows)
        {
            throw new ArgumentException($"The loss '{loss.Name}' needs batches of at least {requirements.MinimumRows} rows; the batch size is {options.BatchSize}.");
        }
    }

    /// <summary>The step to begin with.</summary>
    private long Begin()
    {
        if (checkpoints is null)
        {
            return 0;
        }

        if (!options.Resume && checkpoints.Files.Count > 0)
        {
            throw new CheckpointException($"'{options.OutputDirectory}' has checkpoints of a run: resume it, or take another directory.");
        }

        // Only here, as hashes of large models take long; and before anything is restored, as it is the policy that the run begins with.
        identity = RunIdentity.Of(
            loss,
            options,
            ("data", training.Fingerprint),
            ("policy", PolicyHash.Of(policy)),
            ("reference", requirements.NeedsReference ? PolicyHash.Of(reference!) : "none"));
        return checkpoints.UseNewest(Restore, notes.Add);
    }

    private void Save(long step)
    {
        if (checkpoints is null)
        {
            return;
        }

        List<(string, Action<Stream>)> sections =
        [
            ("state", stream => stream.Write(RunState.Of(identity!, step, state, last).ToJson())),
            ("weights", policy.SaveWeights),
            ("optimizer", policy.SaveOptimizer),
        ];
        if (options.ReferenceSynchronization is not null)
        {
            sections.Add(("reference", reference!.SaveWeights));
        }

        checkpoints.Save(step, sections);
    }

    private void Restore(long step, CheckpointContent content)
    {
        var saved = RunState.Read(content.Bytes("state"), identity!);
        if (saved.Step != step)
        {
            throw new InvalidDataException($"it is of step {saved.Step}");
        }

        policy.LoadWeights(content.Section("weights"));
        policy.LoadOptimizer(content.Section("optimizer"));
        if (options.ReferenceSynchronization is not null)
        {
            reference!.LoadWeights(content.Section("reference"));
        }

        saved.Restore(state, options.MomentDecay);
        last = saved.Metrics.ToDictionary();
    }

    private Dictionary<string, double> TrainStep(long step)
    {
        var began = Stopwatch.GetTimestamp();
        var epoch = (int)(step / plan.Steps);
        if (order.Epoch != epoch)
        {
            order = (epoch, new RandomStream(options.Seed).Fork((ulong)epoch).NextPermutation(rows.Count));
        }

        var batches = plan.MicroBatches((int)(step % plan.Steps))
            .Select(range => new BatchColumns(requirements, [.. order.Order[range.From..range.To].Select(i => rows[i])]))
            .ToArray();
        var sums = new MetricSums(requirements);
        if (options.StatisticsSpan == StatisticsSpan.AccumulatedBatch && batches.Length > 1)
        {
            AccumulateTogether(step, batches, sums);
        }
        else
        {
            AccumulateOneByOne(step, batches, sums);
        }

        var norm = policy.GradientNorm();
        guard.CheckGradientNorm(norm, batches, step + 1);
        if (norm > options.MaxGradientNorm)
        {
            policy.ScaleGradient(options.MaxGradientNorm / norm);
        }

        var rate = schedule.At(step);
        policy.OptimizerStep(rate);

        var metrics = sums.Means();
        state.SeeLoss(metrics[MetricNames.Loss]);
        var tokens = batches.Sum(batch => batch.Tokens);
        state.Tokens += tokens;
        metrics[MetricNames.GradientNorm] = norm;
        metrics[MetricNames.LearningRate] = rate;
        metrics[MetricNames.Epoch] = (step + 1) / (double)plan.Steps;
        metrics[MetricNames.Tokens] = state.Tokens;
        metrics[MetricNames.TokensPerSecond] = tokens / Stopwatch.GetElapsedTime(began).TotalSeconds;
        return metrics;
    }

    /// <summary>Statistics of each micro-batch: each has its share of the step by its number of rows.</summary>
    private void AccumulateOneByOne(long step, BatchColumns[] batches, MetricSums sums)
    {
        var allRows = batches.Sum(batch => batch.Rows.Length);
        foreach (var batch in batches)
        {
            scorer.ScoreReference(rows, batch);
            using var pass = policy.Forward(batch.Sequences);
            batch.Scatter(pass.LogProbabilities, batch.Policy);
            var result = EvaluateLoss(batch, step, sums);
            var share = batch.Rows.Length / (double)allRows;
            pass.Backward([.. batch.SequenceGradients(result).Select(gradient => gradient * share)]);
        }
    }

    /// <summary>Statistics of the whole step: all log-probabilities first, the loss once, and then the gradients.</summary>
    private void AccumulateTogether(long step, BatchColumns[] batches, MetricSums sums)
    {
        var all = new BatchColumns(requirements, [.. batches.SelectMany(batch => batch.Rows.ToArray())]);
        scorer.ScoreReference(rows, all);
        var scores = new double[all.Sequences.Length];
        var next = 0;
        foreach (var batch in batches)
        {
            policy.LogProbabilities(batch.Sequences, scores.AsSpan(next, batch.Sequences.Length));
            next += batch.Sequences.Length;
        }

        all.Scatter(scores, all.Policy);
        var gradients = all.SequenceGradients(EvaluateLoss(all, step, sums));
        next = 0;
        foreach (var batch in batches)
        {
            using var pass = policy.Forward(batch.Sequences);
            pass.Backward(gradients.AsSpan(next, batch.Sequences.Length));
            next += batch.Sequences.Length;
        }
    }

    private LossResult<double> EvaluateLoss(BatchColumns batch, long step, MetricSums sums)
    {
        guard.CheckLogProbabilities(batch, step + 1);
        scorer.SetScalars(batch, isTraining: true);
        var result = guard.Evaluate(batch, step + 1);

        // The halves of pairs are not next to each other in a shuffled batch.
        sums.Add(batch, result, isSplit: false);
        if (batch.Scalars.TryGetValue(Columns.Kl, out var kl))
        {
            sums.Add(MetricNames.Kl, kl, batch.Rows.Length);
        }

        return result;
    }
}
