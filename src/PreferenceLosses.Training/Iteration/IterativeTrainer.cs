using System.Collections.Immutable;
using System.Globalization;

namespace PreferenceLosses.Training;

/// <summary>
/// Iterative preference optimization: in each round the policy draws completions, a reward function ranks them, the best and the worst of a prompt make a pair, the
/// policy is trained on the pairs, and the policy that the round began with is the reference of it.
/// </summary>
/// <remarks>
/// Like a <see cref="Trainer"/> it goes on bit for bit from where it was interrupted, in the middle of a round too. A reward function cannot be compared with an
/// earlier one; if it ranks completions differently, the data of the round is another and the round refuses to go on. It disposes of the copies of the policy that
/// it made.
/// </remarks>
public sealed class IterativeTrainer : IDisposable
{
    /// <summary>Completions whose divergence is taken: exact ones cost the whole vocabulary at each token.</summary>
    private const int MeasuredDivergences = 256;

    private const string RoundsFolder = "rounds";
    private readonly ITrainablePolicy policy;
    private readonly IPreferenceLoss loss;
    private readonly ReadOnlyMemory<int>[] prompts;
    private readonly RewardFunction reward;
    private readonly IterationOptions options;
    private readonly IPolicy initial;
    private readonly bool needsReference;
    private readonly CheckpointDirectory? checkpoints;
    private readonly List<string> notes = [];
    private ImmutableArray<RoundReport> done = [];
    private bool hasRun;
    private bool isDisposed;

    /// <summary>What the run is; null where nothing is written.</summary>
    private ImmutableSortedDictionary<string, string>? identity;

    /// <summary>The policy that the last round began with.</summary>
    private IPolicy previous;

    /// <summary>A run, checked before it begins.</summary>
    /// <param name="policy">The policy to train.</param>
    /// <param name="loss">The loss, of pairs; their scores are the rewards.</param>
    /// <param name="prompts">The prompts, the same in each round; at least one.</param>
    /// <param name="reward">What ranks completions.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="LossNotTrainableException">The loss needs something that there is not.</exception>
    /// <exception cref="ArgumentException">There are no prompts, or options that do not go together.</exception>
    public IterativeTrainer(
        ITrainablePolicy policy, IPreferenceLoss loss, IReadOnlyList<ReadOnlyMemory<int>> prompts, RewardFunction reward, IterationOptions options)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(options);
        if (prompts.Count == 0)
        {
            throw new ArgumentException("There are no prompts to draw completions for.", nameof(prompts));
        }

        this.policy = policy;
        this.loss = loss;
        this.prompts = [.. prompts];
        this.reward = reward;
        this.options = options;
        needsReference = new LossRequirements(loss, ExampleKind.Pair, hasScores: true).NeedsReference;
        CheckOptions();
        checkpoints = options.Training.OutputDirectory is { } directory
            ? new(Path.Combine(directory, RoundsFolder), options.Training.KeepCheckpoints)
            : null;
        initial = policy.Freeze();
        previous = initial;
    }

    /// <summary>What a person should know of this run: checkpoints that were not used, rows that were merged.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>Trains all rounds.</summary>
    /// <param name="roundDone">Is told of each round.</param>
    /// <param name="progress">Is told of each step, with the steps of its round.</param>
    /// <param name="cancellationToken">Stops the run after the step that it is in.</param>
    /// <exception cref="TrainingDivergedException">A number was not finite, or the loss exploded.</exception>
    /// <exception cref="CheckpointException">
    /// There are checkpoints, and none to go on from, or the run was not to be resumed, or it has more rounds than are asked for.
    /// </exception>
    /// <exception cref="InvalidOperationException">All completions of all prompts have the same reward, so that there is nothing to learn; or it has run before.</exception>
    /// <exception cref="IOException">Another run has the output directory, or it cannot be written to.</exception>
    /// <exception cref="InvalidDataException">The output directory has a file of metrics that is somebody else's.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public IterationResult Run(
        IProgress<RoundReport>? roundDone = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (hasRun)
        {
            throw new InvalidOperationException("A trainer is for one run, which it has made.");
        }

        hasRun = true;
        using var directoryLock = options.Training.OutputDirectory is { } output ? new RunLock(output) : null;
        if (checkpoints is not null)
        {
            if (!options.Training.Resume && checkpoints.Files.Count > 0)
            {
                throw new CheckpointException($"'{options.Training.OutputDirectory}' has rounds of a run: resume it, or take another directory.");
            }

            identity = Identity();
            checkpoints.UseNewest(Restore, notes.Add);
            if (done.Length > options.Rounds)
            {
                throw new CheckpointException(
                    $"'{options.Training.OutputDirectory}' has {done.Length} rounds of a run, and {options.Rounds} are asked for: ask for as many or more, or take another directory.");
            }
        }

        while (done.Length < options.Rounds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var report = RunRound(done.Length + 1, progress, cancellationToken);
            done = done.Add(report);
            Save();
            roundDone?.Report(report);
        }

        return new(done, Measure(Draw(options.Rounds + 1)));
    }

    /// <summary>Disposes of the copies of the policy.</summary>
    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        DisposeUnlessInitial(previous);
        initial.Dispose();
    }

    /// <summary>What would be refused, or would do nothing, in some round.</summary>
    private void CheckOptions()
    {
        if (!needsReference && (options.Momentum > 0 || options.Training.ReferenceSynchronization is not null))
        {
            throw new ArgumentException($"The loss '{loss.Name}' has no reference that momentum or synchronization could change.", nameof(options));
        }

        if (options.Momentum > 0 && options.Training.ReferenceSynchronization is not null)
        {
            throw new ArgumentException("A reference with momentum is two policies: it has no weights that could be synchronized with the policy's.", nameof(options));
        }
    }

    private ImmutableSortedDictionary<string, string> Identity() => RunIdentity.Of(
        loss,
        options.Training,
        ("policy", PolicyHash.Of(initial)),
        ("prompts", new ExampleList(prompts.Select(prompt => new Example(ExampleKind.Unpaired, prompt, [prompt], false, []))).Fingerprint),
        ("completions per prompt", RunIdentity.Text(options.CompletionsPerPrompt)),
        ("end of text", RunIdentity.Text(options.Sampling.EndOfText)),
        ("maximum length", RunIdentity.Text(options.Sampling.MaximumLength)),
        ("temperature", RunIdentity.Text(options.Sampling.Temperature)),
        ("top p", RunIdentity.Text(options.Sampling.TopP)),
        ("momentum", RunIdentity.Text(options.Momentum)));

    private RoundReport RunRound(int round, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var drawn = Draw(round);
        var start = Measure(drawn);
        var pairs = new ExampleList(Pairs(drawn));
        if (pairs.Count == 0)
        {
            throw new InvalidOperationException($"Round {round}: all completions of each prompt have the same reward, so there is nothing to learn.");
        }

        var result = Train(round, pairs, progress, cancellationToken);
        return new(
            round,
            start,
            pairs.Count,
            prompts.Length - pairs.Count,
            Enumerable.Range(0, pairs.Count).Average(i => pairs[i].Completions[0].Length),
            Enumerable.Range(0, pairs.Count).Average(i => pairs[i].Completions[1].Length),
            result.Metrics);
    }

    /// <summary>Trains on the pairs of a round, whose reference is the policy as it is now.</summary>
    private TrainingResult Train(int round, ExampleList pairs, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var training = options.Training with
        {
            OutputDirectory = options.Training.OutputDirectory is { } directory
                ? Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"round-{round:D3}"))
                : null,
            Seed = new RandomStream(options.Training.Seed).Fork((ulong)round).State,
        };
        var current = policy.Freeze();
        try
        {
            var reference = !needsReference ? null
                : options.Momentum > 0 && round > 1 ? new MomentumReference(current, previous, options.Momentum)
                : current;
            using var trainer = new Trainer(policy, loss, pairs, training, reference);
            var result = trainer.Run(progress, cancellationToken);

            // Each round has its notes, and most of them are the same.
            notes.AddRange([.. trainer.Notes.Except(notes)]);
            (current, previous) = (previous, current);
            return result;
        }
        finally
        {
            // The one before, or this one if its round was not done.
            DisposeUnlessInitial(current);
        }
    }

    /// <summary>The completions of a round, k of each prompt next to each other, with their rewards.</summary>
    private SampleScores Draw(int round)
    {
        ReadOnlyMemory<int>[] repeated = [.. prompts.SelectMany(prompt => Enumerable.Repeat(prompt, options.CompletionsPerPrompt))];
        return SampleScores.Of(policy, null, repeated, reward, options.Sampling, new RandomStream(options.Training.Seed).Fork(~(ulong)round));
    }

    /// <summary>Of the first completion of each prompt, so that prompts are what intervals are about.</summary>
    private PolicyMeasure Measure(SampleScores drawn)
    {
        var first = Enumerable.Range(0, prompts.Length).Select(i => i * options.CompletionsPerPrompt).ToArray();
        TokenSequence[] measured = [.. first.Take(MeasuredDivergences).Select(i => drawn.Completions[i])];
        var divergences = new double[measured.Length];
        policy.KlDivergence(initial, measured, divergences);
        return new(
            Estimate.OfMean([.. first.Select(i => drawn.Rewards[i])]),
            Estimate.OfMean(divergences),
            Estimate.OfMean([.. first.Select(i => (double)drawn.Completions[i].Completion.Length)]));
    }

    private IEnumerable<Example> Pairs(SampleScores drawn)
    {
        for (var i = 0; i < prompts.Length; i++)
        {
            var own = Enumerable.Range(i * options.CompletionsPerPrompt, options.CompletionsPerPrompt).ToArray();
            var (best, worst) = (own.MaxBy(j => drawn.Rewards[j]), own.MinBy(j => drawn.Rewards[j]));
            if (drawn.Rewards[best] > drawn.Rewards[worst])
            {
                yield return new(
                    ExampleKind.Pair,
                    prompts[i],
                    [drawn.Completions[best].Completion, drawn.Completions[worst].Completion],
                    false,
                    [drawn.Rewards[best], drawn.Rewards[worst]]);
            }
        }
    }

    /// <summary>Nobody reads it any more, unless it is the one that divergences are taken from.</summary>
    private void DisposeUnlessInitial(IPolicy copy)
    {
        if (!ReferenceEquals(copy, initial))
        {
            copy.Dispose();
        }
    }

    private void Save() => checkpoints?.Save(
        done.Length,
        [
            ("state", stream => stream.Write(new RoundsState(identity!, done).ToJson())),
            ("weights", policy.SaveWeights),
            ("optimizer", policy.SaveOptimizer),
            ("previous", previous.SaveWeights),
        ]);

    private void Restore(long round, CheckpointContent content)
    {
        var state = RoundsState.Read(content.Bytes("state"), identity!);
        if (state.Rounds.Length != round)
        {
            throw new InvalidDataException($"it is of round {state.Rounds.Length}");
        }

        policy.LoadWeights(content.Section("weights"));
        policy.LoadOptimizer(content.Section("optimizer"));
        var saved = initial.Freeze();
        try
        {
            saved.LoadWeights(content.Section("previous"));
            (saved, previous) = (previous, saved);
        }
        finally
        {
            DisposeUnlessInitial(saved);
        }

        done = state.Rounds;
    }
}
