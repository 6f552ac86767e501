using PreferenceLosses.Training.Tests.Policies;
using PreferenceLosses.Training.Tests.TrainerRuns;

namespace PreferenceLosses.Training.Tests.Evaluation;

/// <summary>Accuracies, rewards and comparisons on small data that can be counted.</summary>
public class ScoreTests
{
    [Fact]
    public void Accuracy_counts_ties_as_halves()
    {
        // By the policy −t, by the reference −t²/10: ρ = 0.5, −0.1, 0.
        var policy = new ScriptedPolicy(sequence => -sequence.Completion.Span[0]);
        var reference = new ScriptedPolicy(sequence => -Math.Pow(sequence.Completion.Span[0], 2) / 10);
        var pairs = new ExampleList([TestData.Pair([9], [2, 1], [3]), TestData.Pair([8], [5], [4, 1, 1]), TestData.Pair([8], [6], [6, 1])]);

        var ratios = PairScores.OfLogRatios(policy, reference, pairs);
        Assert.Equal([0.5, -0.1, 0], ratios.Margins.Select(margin => Math.Round(margin, 14)));
        Assert.Equal(Estimate.OfShare(1.5, 3), ratios.Accuracy);
        Assert.Equal(0.4 / 3, ratios.Margin.Value, 1e-14);

        var likelihood = PairScores.OfLikelihood(policy, pairs);
        Assert.Equal([1, -1, 0], likelihood.Margins);

        // −2/2 + 3/1, −5/1 + 4/3, −6/1 + 6/2.
        Assert.Equal([2, -5 + (4.0 / 3), -3], PairScores.OfAverageLikelihood(policy, pairs).Margins);
        var shortness = PairScores.OfShortness(pairs);
        Assert.Equal([-1, 2, 1], shortness.Margins);

        // Right 0, 1, 1 against 1, 0, 0.5: differences −1, 1, 0.5.
        var above = shortness.AccuracyAbove(likelihood);
        Assert.Equal(0.5 / 3, above.Value, 1e-15);
        Assert.Equal(3, above.Count);
        Assert.Throws<ArgumentException>(() => PairScores.OfShortness(TestData.Of(ExampleKind.Unpaired, 2)));
        Assert.Throws<ArgumentException>(() => PairScores.OfShortness(new ExampleList([])));
    }

    [Fact]
    public void Reward_and_divergence_are_those_of_the_policys_own_completions()
    {
        var policy = TestPolicies.Random(1);
        var reference = TestPolicies.Random(2);
        reference.MixWith(policy, 0.7);
        ReadOnlyMemory<int>[] prompts = [.. TestPolicies.Sequences(3, 4000).Select(sequence => sequence.Prompt)];
        var options = new SamplingOptions { EndOfText = 0, MaximumLength = 1 };

        // The reward of one token is whether it is token 4: its expectation is its probability.
        var scores = SampleScores.Of(policy, reference, prompts, (_, completion) => completion.Span[0] == 4 ? 1 : 0, options, new RandomStream(4));

        var expectedReward = prompts.Average(prompt => Math.Exp(policy.LogProbabilities([new(prompt, TestPolicies.Completion(4).Completion)])[0]));
        Assert.Equal(expectedReward, scores.Reward.Value, 4 * Math.Sqrt(expectedReward * (1 - expectedReward) / prompts.Length));
        var expectedKl = new double[prompts.Length];
        policy.KlDivergence(reference, [.. prompts.Select(prompt => new TokenSequence(prompt, TestPolicies.Completion(4).Completion))], expectedKl);
        Assert.Equal(expectedKl.Average(), scores.Kl.Value, 1e-12);
        Assert.Equal(1, scores.Length.Value);

        Assert.Throws<InvalidOperationException>(() => SampleScores.Of(policy, null, prompts[..2], (_, _) => 1, options, new RandomStream(1)).Kl);
        Assert.Throws<ArgumentException>(() => SampleScores.Of(policy, null, prompts[..2], (_, _) => double.NaN, options, new RandomStream(1)));
        Assert.Throws<ArgumentException>(() => SampleScores.Of(policy, null, [], (_, _) => 1, options, new RandomStream(1)));
    }

    [Fact]
    public void A_comparison_is_paired()
    {
        // A constant advantage of 1 is certain, however different the prompts are.
        var comparison = PairedComparison.Of([101, 2, -50], [100, 1, -51]);
        Assert.Equal((1, 1, 1), (comparison.Difference.Value, comparison.Difference.Lower, comparison.Difference.Upper));
        Assert.Equal(Estimate.OfShare(3, 3), comparison.WinRate);
        Assert.Equal(0.5, PairedComparison.Of([1, 2], [1, 2]).WinRate.Value);
    }
}
