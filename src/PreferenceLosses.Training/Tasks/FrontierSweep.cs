using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Training;

/// <summary>
/// Trains each of some losses with each of some β and seeds on a <see cref="ControlledSentimentTask"/>, several at once and each on one thread. A line of a CSV file is
/// written when a training is done, and a training whose line is there is not done again.
/// </summary>
public sealed class FrontierSweep
{
    private readonly ControlledSentimentTask task;
    private readonly ImmutableArray<(PreferenceLoss Loss, double Beta, ulong Seed)> grid;

    /// <summary>A sweep, checked before it begins.</summary>
    /// <param name="task">The task.</param>
    /// <param name="losses">The losses; each has a hyper-parameter <c>beta</c> and a name of its own.</param>
    /// <param name="betas">The values of β; each is accepted by every loss.</param>
    /// <param name="seeds">The seeds.</param>
    /// <exception cref="ArgumentException">A loss has no β, two have one name, something is there twice, or there is nothing.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A loss does not accept a β.</exception>
    /// <exception cref="LossNotTrainableException">A loss needs something that the pairs do not have.</exception>
    public FrontierSweep(ControlledSentimentTask task, IReadOnlyList<PreferenceLoss> losses, IReadOnlyList<double> betas, IReadOnlyList<ulong> seeds)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(losses);
        ArgumentNullException.ThrowIfNull(betas);
        ArgumentNullException.ThrowIfNull(seeds);
        this.task = task;
        CheckDistinct(losses.Select(loss => loss.Name), "loss", nameof(losses));
        CheckDistinct(betas, "β", nameof(betas));
        CheckDistinct(seeds, "seed", nameof(seeds));
        foreach (var loss in losses)
        {
            _ = new LossRequirements(loss, ExampleKind.Pair, hasScores: true);
        }

        // Seed after seed, so that a sweep that is cut short has whole frontiers.
        grid = [.. from seed in seeds from beta in betas from loss in losses select (loss.With("beta", beta), beta, seed)];
    }

    /// <summary>Trainings at once; 0, the default, means one per core. Results do not depend on it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int MaxThreads
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Does the trainings that the file lacks.</summary>
    /// <param name="path">The CSV file; it is made if it is not there. A diverged training is a line of <c>nan</c>, and is not tried again.</param>
    /// <param name="progress">Is told of the beginning and of every training that is done, by the thread that did it.</param>
    /// <param name="cancellationToken">Stops the sweep; trainings that are not done leave nothing.</param>
    /// <returns>All of the sweep: seed after seed, of each β after β, of each loss after loss.</returns>
    /// <exception cref="InvalidDataException">The file is something else, or of another task.</exception>
    /// <exception cref="IOException">The file cannot be written, or another sweep writes it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ImmutableArray<FrontierRun> Run(string path, IProgress<SweepProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var file = new FrontierFile(path, task.Fingerprint);
        var done = new ConcurrentDictionary<(string, double, ulong), FrontierRun>(file.Runs.Select(run => KeyValuePair.Create((run.Loss, run.Beta, run.Seed), run)));
        var missing = grid.Where(one => !done.ContainsKey((one.Loss.Name, one.Beta, one.Seed))).ToArray();
        var watch = Stopwatch.StartNew();
        var count = 0;
        progress?.Report(new(grid.Length - missing.Length, grid.Length, null, watch.Elapsed, null));

        // One at a time from the front, so that the order holds and no thread has a long queue at the end.
        var threads = new ParallelOptions { MaxDegreeOfParallelism = MaxThreads == 0 ? Environment.ProcessorCount : MaxThreads, CancellationToken = cancellationToken };
        Parallel.ForEach(Partitioner.Create(missing, EnumerablePartitionerOptions.NoBuffering), threads, one =>
        {
            var run = new FrontierRun(one.Loss.Name, one.Beta, one.Seed, Train(one.Loss, one.Seed, cancellationToken));
            file.Append(run);
            done[(run.Loss, run.Beta, run.Seed)] = run;
            var finished = Interlocked.Increment(ref count);
            var elapsed = watch.Elapsed;
            progress?.Report(new(grid.Length - missing.Length + finished, grid.Length, run, elapsed, elapsed / finished * (missing.Length - finished)));
        });
        return [.. grid.Select(one => done[(one.Loss.Name, one.Beta, one.Seed)])];
    }

    private FrontierPoint? Train(PreferenceLoss loss, ulong seed, CancellationToken cancellationToken)
    {
        try
        {
            return FrontierPoint.Of(task.Run(loss, seed, cancellationToken: cancellationToken));
        }
        catch (TrainingDivergedException)
        {
            return null;
        }
    }

    private static void CheckDistinct<T>(IEnumerable<T> values, string what, string parameter)
    {
        var seen = new HashSet<T>();
        foreach (var value in values)
        {
            if (!seen.Add(value))
            {
                throw new ArgumentException($"The {what} {value} is there twice.", parameter);
            }
        }

        if (seen.Count == 0)
        {
            throw new ArgumentException($"There is no {what}; at least one is needed.", parameter);
        }
    }
}
