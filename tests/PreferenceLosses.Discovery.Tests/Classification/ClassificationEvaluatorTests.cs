using System.Collections.Immutable;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery.Tests.Classification;

/// <summary>The built-in task: what it trains, and that nothing of it is left to chance.</summary>
public class ClassificationEvaluatorTests
{
    private static readonly ClassificationDomain Domain = new(4);

    [Fact]
    public async Task A_seed_gives_the_same_score_bit_for_bit_alone_and_beside_others()
    {
        var evaluator = new ClassificationEvaluator();
        var alone = await evaluator.EvaluateAsync(Established("cross-entropy"), [7], default);
        var beside = await evaluator.EvaluateAsync(Established("cross-entropy"), [1, 2, 7, 3], default);
        Assert.Equal(alone[0].Score, beside[2].Score);
        Assert.Equal(alone[0].Curves.SelectMany(c => c.Values), beside[2].Curves.SelectMany(c => c.Values));
        Assert.Equal([1UL, 2, 7, 3], beside.Select(s => s.Seed));
        Assert.True(beside.Select(s => s.Score).Distinct().Count() > 1);
    }

    [Fact]
    public async Task Established_objectives_learn_the_task_and_a_reversed_one_does_not()
    {
        var evaluator = new ClassificationEvaluator();
        foreach (var proposal in Domain.Established)
        {
            var score = Assert.Single(await evaluator.EvaluateAsync(Established(proposal.Name), [1], default));
            Assert.True(score.Score > 0.6, $"{proposal.Name}: {score.Score}");      // Chance is 0.25, clouds that overlap a little leave about 0.9.
            Assert.Equal(12, score.Curves[0].Values.Length);
            Assert.True(score.Curves[0].Values[^1] < score.Curves[0].Values[0]);
        }

        var reversed = await evaluator.EvaluateAsync(Own("return F.softmax(logits, dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)"), [1], default);
        Assert.True(reversed[0].Score < 0.25, $"{reversed[0].Score}");
    }

    [Fact]
    public async Task A_training_that_diverges_has_a_failure_and_no_score()
    {
        var evaluator = new ClassificationEvaluator(new ClassificationOptions { LearningRate = 1e300 });
        var score = Assert.Single(await evaluator.EvaluateAsync(Established("cross-entropy"), [1], default));
        Assert.Null(score.Score);
        Assert.Contains("diverged at step", score.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ClassificationEvaluator().EvaluateAsync(Established("focal"), [1], cancellation.Token));
    }

    [Fact]
    public void Whatever_decides_on_a_score_is_in_the_fingerprint()
    {
        ClassificationOptions[] options =
        [
            new(), new() { Classes = 3 }, new() { Examples = 500 }, new() { HeldOutPerClass = 100 }, new() { LabelNoise = 0.1 }, new() { HiddenUnits = 8 }, new() { Epochs = 3 }, new() { BatchSize = 10 }, new() { LearningRate = 0.1 },
        ];
        Assert.Equal(options.Length, options.Select(o => new ClassificationEvaluator(o).Fingerprint).Distinct().Count());
    }

    [Fact]
    public void Classes_have_their_shares_and_labels_their_noise()
    {
        var options = new ClassificationOptions { Examples = 6000, LabelNoise = 0.25 };
        var clean = ClassificationData.Training(options with { LabelNoise = 0 }, new RandomStream(5));
        var counts = clean.Labels.CountBy(label => label).OrderBy(c => c.Key).Select(c => c.Value).ToArray();
        Assert.Equal([2880, 1440, 960, 720], counts);     // 1, 1/2, 1/3, 1/4 of 12/25.

        // Of a share p of n, the standard deviation is √(p(1 − p)/n): five of them.
        var noisy = ClassificationData.Training(options, new RandomStream(5));
        var rare = noisy.Labels.Count(label => label == 3) / 6000.0;
        Assert.InRange(rare, Expected(0.12) - (5 * Math.Sqrt(0.17 * 0.83 / 6000)), Expected(0.12) + (5 * Math.Sqrt(0.17 * 0.83 / 6000)));
        Assert.All(ClassificationData.HeldOut(options, new RandomStream(1)).Labels.CountBy(l => l), c => Assert.Equal(options.HeldOutPerClass, c.Value));

        static double Expected(double share) => (share * 0.75) + ((1 - share) * 0.25 / 3);
    }

    [Fact]
    public void The_gradient_of_the_network_is_that_of_differences()
    {
        var random = new RandomStream(3);
        var network = new HiddenLayerNetwork(5, 3, random);
        foreach (ref var weight in network.Weights)
        {
            weight = random.NextGaussian();
        }

        double[] points = [.. Enumerable.Range(0, 8).Select(_ => random.NextGaussian())];
        double[] upstream = [.. Enumerable.Range(0, 12).Select(_ => random.NextGaussian())];
        var units = new double[20];
        network.Forward(points, units, new double[12]);
        var gradient = network.Backward(points, units, upstream).ToArray();
        for (var i = 0; i < gradient.Length; i++)
        {
            var weight = network.Weights[i];
            double At(double value)
            {
                network.Weights[i] = value;
                var logits = new double[12];
                network.Forward(points, new double[20], logits);
                return logits.Zip(upstream, (z, g) => z * g).Sum();
            }

            var difference = (At(weight + 1e-5) - At(weight - 1e-5)) / 2e-5;
            network.Weights[i] = weight;
            Assert.Equal(difference, gradient[i], 1e-8);      // The third derivative times h²/6, and rounding over h: both about 1e-10.
        }
    }

    [Fact]
    public void Options_that_make_no_task_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassificationOptions { Classes = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassificationOptions { LabelNoise = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassificationOptions { LearningRate = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassificationOptions { BatchSize = 0 });
    }

    private static Objective Established(string name) => Domain.Validate(Domain.Established.Single(p => p.Name == name), 1, ImmutableArray<Objective>.Empty).Objective!;

    private static Objective Own(string body) => Domain.Validate(new Proposal("", "own", $"def own(self, logits, targets):\n    {body}\n"), 1, []).Objective!;
}
