using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Scores losses of pairs by controlled sentiment generation: how much reward a loss buys for how much KL, whatever its β. The score is the mean gain in reward over KL from 0 to
/// a limit, under the concave envelope of a sweep of β (<see cref="RewardEnvelope"/>).
/// </summary>
/// <remarks>
/// <para>
/// A loss is trained with every β of the sweep, so no loss wins by the β that happens to suit it; a β that leads nowhere costs nothing, and a training that diverges is a point less.
/// A loss without a hyper-parameter <c>beta</c> is trained once and is one point: whoever uses it has no other. So there is nothing to gain by leaving β out.
/// </para>
/// <para>Trainings run side by side, each on one thread; the scores do not depend on how many.</para>
/// </remarks>
public sealed class SentimentEvaluator : IObjectiveEvaluator, IDisposable
{
    /// <summary>How many points a curve has at most.</summary>
    private const int CurvePoints = 12;

    private const string Beta = "beta";

    private readonly ControlledSentimentTask task;
    private readonly SentimentEvaluatorOptions options;
    private readonly SemaphoreSlim threads;
    private readonly string description;

    /// <summary>An evaluator.</summary>
    /// <param name="task">The task.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    public SentimentEvaluator(ControlledSentimentTask task, SentimentEvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        this.task = task;
        this.options = options ??= new();
        threads = new(options.MaxThreads == 0 ? Environment.ProcessorCount : options.MaxThreads);
        var betas = string.Join(", ", options.Betas.Select(Text));
        description =
            $"a small language model is trained with the loss on pairs of its own completions, ranked by a known reward between 0 and 1, once with each self.beta of {betas}. The fitness is the mean gain in reward, over "
            + $"KL to the reference from 0 to {Text(options.MaximumKl)} nats, of the best trade-off that these trainings offer; higher is better. A loss that does not read self.beta is trained once and offers one point.";
        Fingerprint = string.Create(
            CultureInfo.InvariantCulture, $"sentiment-1 {task.Fingerprint}, β {betas}, KL to {options.MaximumKl}, {options.CompletionsPerPrompt} completions");
    }

    /// <inheritdoc/>
    public string Description => description;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>The evaluator that needs no file: the library's sentences about films.</summary>
    /// <param name="options">The choices; the defaults if left out.</param>
    public static SentimentEvaluator OfFilms(SentimentEvaluatorOptions? options = null) =>
        new(new ControlledSentimentTask(BuiltInSentiment.Films.Sentences, BuiltInSentiment.Films.Lexicon, BuiltInSentiment.Options), options);

    /// <summary>
    /// What the winner of a search with <see cref="OfFilms"/> is confirmed with: fresh seeds of the same task, a held-out task (sentences about inns, other words), and a larger policy (4-grams) in
    /// runs that are twice as long.
    /// </summary>
    /// <param name="search">The evaluator of the search, for the fresh seeds.</param>
    /// <param name="seeds">How many seeds each; at least 1.</param>
    /// <param name="options">The choices of the other two; the defaults if left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no seeds.</exception>
    public static ImmutableArray<ConfirmationStage> Confirmation(IObjectiveEvaluator search, int seeds = 8, SentimentEvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 1);

        // A search begins at a seed of the user's, most likely a small one.
        const ulong first = 1_000_000;
        ImmutableArray<ulong> fresh = [.. Enumerable.Range(0, seeds).Select(i => first + (ulong)i)];
        var (inns, films, small) = (BuiltInSentiment.Inns, BuiltInSentiment.Films, BuiltInSentiment.Options);
        var larger = small with { Order = 4, Training = small.Training with { Epochs = 2 * small.Training.Epochs } };
        return
        [
            new("fresh seeds", search, fresh),
            new("held-out task", new SentimentEvaluator(new ControlledSentimentTask(inns.Sentences, inns.Lexicon, small with { EvaluationPrompts = 40 }), options), fresh),
            new("larger policy, longer runs", new SentimentEvaluator(new ControlledSentimentTask(films.Sentences, films.Lexicon, larger), options), fresh),
        ];
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<SeedScore>> EvaluateAsync(Objective objective, ImmutableArray<ulong> seeds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(objective);
        var scores = seeds.Select(seed => ScoreAsync(objective.Loss, seed, cancellationToken)).ToArray();
        return [.. await Task.WhenAll(scores).ConfigureAwait(false)];
    }

    /// <summary>Frees what the evaluator holds.</summary>
    public void Dispose() => threads.Dispose();

    private async Task<SeedScore> ScoreAsync(IPreferenceLoss loss, ulong seed, CancellationToken cancellationToken)
    {
        var hasBeta = loss.Parameters.Any(bound => bound.Parameter.Name == Beta);
        double?[] betas = hasBeta ? [.. options.Betas.Select(beta => (double?)beta)] : [null];
        var runs = await Task.WhenAll(betas.Select(beta => TrainAsync(loss, beta, seed, cancellationToken))).ConfigureAwait(false);
        var done = runs.Where(run => run.Point is not null).ToArray();
        if (done.Length == 0)
        {
            return new(seed, null) { Failure = runs[^1].Failure };
        }

        var measures = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        measures["trainings that diverged"] = runs.Length - done.Length;
        foreach (var run in done)
        {
            var at = run.Beta is { } beta ? $" at β = {Text(beta)}" : "";
            measures["reward" + at] = run.Point!.Value.Reward;
            measures["KL" + at] = run.Point.Value.Kl;
        }

        // The curves of the β in the middle, the paper's; where it diverged, of one that did not.
        var shown = done.FirstOrDefault(run => run.Beta is null || run.Beta == options.Betas[options.Betas.Length / 2], done[0]);
        return new(seed, RewardEnvelope.MeanGain(done.Select(run => run.Point!.Value), Measure(task.Base, seed).Reward, options.MaximumKl))
        {
            Measures = measures.ToImmutable(),
            Curves = shown.Curves,
        };
    }

    private async Task<Run> TrainAsync(IPreferenceLoss loss, double? beta, ulong seed, CancellationToken cancellationToken)
    {
        await threads.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Train(loss, beta, seed, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            threads.Release();
        }
    }

    private Run Train(IPreferenceLoss loss, double? beta, ulong seed, CancellationToken cancellationToken)
    {
        var recorder = new CurveRecorder();
        var at = beta is { } b ? $"self.beta = {Text(b)}" : "its own strength";
        try
        {
            var trained = new AtBeta(loss, beta is { } value ? loss.Parameters.With(Beta, value) : loss.Parameters);
            return new(beta, Measure(task.Train(trained, seed, recorder, cancellationToken), seed), recorder.Curves(CurvePoints), null);
        }
        catch (TrainingDivergedException diverged)
        {
            return new(beta, null, [], string.Create(CultureInfo.InvariantCulture, $"the training diverged at {at}, at step {diverged.Step}: a loss, a gradient or a weight was not finite"));
        }
        catch (LossNotTrainableException no)
        {
            return new(beta, null, [], $"it cannot be trained with here: {no.Reason}");
        }
    }

    /// <summary>Means over several completions of each prompt, the same random numbers for all policies of a seed.</summary>
    private (double Kl, double Reward) Measure(NGramPolicy policy, ulong seed)
    {
        var random = new RandomStream(seed);
        SampleScores[] scores = [.. Enumerable.Range(0, options.CompletionsPerPrompt).Select(i => task.Measure(policy, random.Fork((ulong)i).State))];
        return (scores.Average(one => one.Kl.Value), scores.Average(one => one.Reward.Value));
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Run(double? Beta, (double Kl, double Reward)? Point, ImmutableArray<TrainingCurve> Curves, string? Failure);

    /// <summary>A loss with another β.</summary>
    private sealed class AtBeta(IPreferenceLoss loss, ParameterValues parameters) : IPreferenceLoss
    {
        public string Name => loss.Name;

        public ParameterValues Parameters => parameters;

        public LossGraph Graph => loss.Graph;
    }
}
