using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Scores objectives of classification by a small task that is built in: a network with one hidden layer learns classes in the plane from examples of which some have wrong labels and some
/// classes are rare. The score is its accuracy on held-out points, as many of each class, with right labels.
/// </summary>
/// <remarks>A seed decides on data, first weights and order, for every objective alike. Trainings run side by side, each on one thread; the same seed gives the same score bit for bit.</remarks>
public sealed class ClassificationEvaluator : IObjectiveEvaluator
{
    /// <summary>How many points a curve has at most.</summary>
    private const int CurvePoints = 12;

    private readonly ClassificationOptions options;

    /// <summary>An evaluator.</summary>
    /// <param name="options">The task; the defaults if left out.</param>
    public ClassificationEvaluator(ClassificationOptions? options = null)
    {
        this.options = options ?? new();
        Description = string.Create(
            CultureInfo.InvariantCulture,
            $"a network with one hidden layer is trained with the loss on {this.options.Examples} points of {this.options.Classes} classes, some of them rare, of whose labels {this.options.LabelNoise:P0} are wrong. The fitness is its accuracy on held-out points, as many of each class, with right labels; higher is better, {1.0 / this.options.Classes:F2} is chance.");
        Fingerprint = $"classification-1 {this.options}";
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public async Task<ImmutableArray<SeedScore>> EvaluateAsync(Objective objective, ImmutableArray<ulong> seeds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(objective);
        var scores = new SeedScore[seeds.Length];
        var settings = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, seeds.Length, settings, (i, cancelled) =>
        {
            scores[i] = Train(objective.Loss, seeds[i], cancelled);
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        return [.. scores];
    }

    private SeedScore Train(IPreferenceLoss loss, ulong seed, CancellationToken cancellationToken)
    {
        // Streams of their own, so that more data would not change the first weights.
        var random = new RandomStream(seed);
        var data = ClassificationData.Training(options, random.Fork(1));
        var heldOut = ClassificationData.HeldOut(options, random.Fork(2));
        var network = new HiddenLayerNetwork(options.HiddenUnits, options.Classes, random.Fork(3));
        var order = random.Fork(4);
        var batch = new Minibatch(options, loss);
        var curves = new List<(int Step, double Loss, double Accuracy)>();
        var step = 0;
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            var sum = 0.0;
            var chunks = order.NextPermutation(data.Labels.Length).Chunk(options.BatchSize).ToArray();

            // One example left over would be a batch of its own, which some objectives have no value for.
            foreach (var rows in chunks.Where(rows => rows.Length > 1 || options.BatchSize == 1))
            {
                cancellationToken.ThrowIfCancellationRequested();
                step++;
                if (batch.Learn(network, data, rows, options.LearningRate) is not { } mean)
                {
                    return new SeedScore(seed, null) { Failure = string.Create(CultureInfo.InvariantCulture, $"the training diverged at step {step}: a loss, a gradient or a weight was not finite") };
                }

                sum += mean * rows.Length / data.Labels.Length;
            }

            if ((epoch + 1) * CurvePoints / options.Epochs > epoch * CurvePoints / options.Epochs)
            {
                curves.Add((step, sum, Accuracies(network, heldOut).Average()));
            }
        }

        var accuracies = Accuracies(network, heldOut);
        return new SeedScore(seed, accuracies.Average())
        {
            Measures = new Dictionary<string, double>
            {
                ["accuracy on the most frequent class"] = accuracies[0],
                ["accuracy on the rarest class"] = accuracies[^1],
            }.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Curves =
            [
                new("loss", [.. curves.Select(c => c.Step)], [.. curves.Select(c => c.Loss)]),
                new("held-out accuracy", [.. curves.Select(c => c.Step)], [.. curves.Select(c => c.Accuracy)]),
            ],
        };
    }

    /// <summary>The share of points of each class that the network recognises; of classes that tie, the first is its answer.</summary>
    private double[] Accuracies(HiddenLayerNetwork network, ClassificationData data)
    {
        var logits = new double[data.Labels.Length * options.Classes];
        network.Forward(data.Points, new double[data.Labels.Length * options.HiddenUnits], logits);
        var right = new double[options.Classes];
        foreach (var (i, label) in data.Labels.Index())
        {
            var own = logits.AsSpan(i * options.Classes, options.Classes);
            var answer = 0;
            for (var k = 1; k < own.Length; k++)
            {
                answer = own[k] > own[answer] ? k : answer;
            }

            right[label] += answer == label ? 1.0 / options.HeldOutPerClass : 0;
        }

        return right;
    }

    /// <summary>The memory of a step.</summary>
    private sealed class Minibatch(ClassificationOptions options, IPreferenceLoss loss)
    {
        private readonly double[] points = new double[options.BatchSize * ClassificationData.Dimensions];
        private readonly double[] units = new double[options.BatchSize * options.HiddenUnits];
        private readonly double[] logits = new double[options.BatchSize * options.Classes];
        private readonly double[] targets = new double[options.BatchSize];
        private readonly double[] gradient = new double[options.BatchSize * options.Classes];

        /// <summary>A step on some rows of the data.</summary>
        /// <returns>The mean loss before it; null if something was not finite.</returns>
        public double? Learn(HiddenLayerNetwork network, ClassificationData data, int[] rows, double learningRate)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                data.Points.AsSpan(rows[i] * ClassificationData.Dimensions, ClassificationData.Dimensions).CopyTo(points.AsSpan(i * ClassificationData.Dimensions));
                targets[i] = data.Labels[rows[i]];
            }

            var values = rows.Length * options.Classes;
            var own = points.AsSpan(0, rows.Length * ClassificationData.Dimensions);
            var hidden = units.AsSpan(0, rows.Length * options.HiddenUnits);
            network.Forward(own, hidden, logits.AsSpan(0, values));
            if (!AreFinite(logits.AsSpan(0, values)))
            {
                return null;
            }

            var batch = new PreferenceBatch<double>
            {
                ResponsesPerRow = options.Classes,
                Other = new Dictionary<string, ReadOnlyMemory<double>> { [Columns.Logits] = logits.AsMemory(0, values), [Columns.Target] = targets.AsMemory(0, rows.Length) },
            };
            var destination = new LossDestination<double> { Other = new Dictionary<string, Memory<double>> { [Columns.Logits] = gradient.AsMemory(0, values) } };
            var mean = loss.Evaluate(batch, destination, new EvaluationOptions { SingleRow = SingleRow.PyTorch, MaxThreads = 1 });
            return double.IsFinite(mean) && AreFinite(gradient.AsSpan(0, values)) && network.Step(own, hidden, gradient.AsSpan(0, values), learningRate)
                ? mean
                : null;
        }

        private static bool AreFinite(ReadOnlySpan<double> values)
        {
            foreach (var value in values)
            {
                if (!double.IsFinite(value))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
