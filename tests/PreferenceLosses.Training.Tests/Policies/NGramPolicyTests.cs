using static PreferenceLosses.Training.Tests.Policies.TestPolicies;

namespace PreferenceLosses.Training.Tests.Policies;

/// <summary>Log-probabilities and gradients of the n-gram policy against its definition.</summary>
public class NGramPolicyTests
{
    [Theory]
    [InlineData(11, 3, 32)]
    [InlineData(2, 1, 1)]
    [InlineData(7, 2, 4)]
    [InlineData(300, 4, 64)]
    public void Log_probabilities_are_those_of_the_definition(int vocabularySize, int order, int buckets)
    {
        var policy = TestPolicies.Random(3, new NGramSettings { VocabularySize = vocabularySize, Order = order, Buckets = buckets });
        var sequences = TestPolicies.Sequences(4, 40, vocabularySize);
        var dense = new DensePolicy(policy);

        var results = policy.LogProbabilities(sequences);
        using var pass = policy.Forward(sequences);

        for (var i = 0; i < sequences.Length; i++)
        {
            // Single precision: a few ulp of a score of at most about 10, twice a token.
            var tolerance = 4e-6 * sequences[i].Completion.Length;
            Assert.Equal(dense.LogProbability(sequences[i]), results[i], tolerance);
            Assert.Equal(results[i], pass.LogProbabilities[i]);
        }
    }

    [Fact]
    public void A_batch_that_no_array_holds_is_refused_with_what_one_may_have()
    {
        // Rows of a thousand weights, two for each token.
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = 1_000_000, Buckets = 1 });
        var refusal = Assert.Throws<ArgumentException>(() => policy.Forward([new TokenSequence(default, new int[1_200_000])]));
        Assert.Contains("A batch of 1200000 completion tokens is too large", refusal.Message);
    }

    [Fact]
    public void All_tokens_together_have_probability_one()
    {
        var policy = TestPolicies.Random(5);
        var dense = new DensePolicy(policy);
        var logs = new double[policy.VocabularySize];
        int[] prompt = [3, 10];

        policy.LogProbabilitiesOfNext(prompt, logs);

        Assert.Equal(1, logs.Sum(Math.Exp), 1e-6);
        for (var token = 0; token < logs.Length; token++)
        {
            Assert.Equal(dense.LogProbabilityOfToken(prompt, [], token), logs[token], 4e-6);
        }
    }

    [Fact]
    public void A_policy_that_learned_nothing_has_equal_classes_and_equal_tokens_in_them()
    {
        // 7 tokens: classes {0, 1, 2}, {3, 4, 5}, {6}.
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = 7, Buckets = 8 });

        var results = policy.LogProbabilities([Completion(4), Completion(6, 1)]);

        Assert.Equal(-Math.Log(9), results[0], 1e-6);
        Assert.Equal(-Math.Log(3) - Math.Log(9), results[1], 1e-6);
    }

    [Fact]
    public void The_prompt_is_context_and_its_own_probability_is_not_counted()
    {
        var policy = TestPolicies.Random(6);
        double Of(int[] prompt, int[] completion) => policy.LogProbabilities([new(prompt, completion)])[0];

        Assert.Equal(Of([1, 2], [3]) + Of([2, 3], [4]), Of([1, 2], [3, 4]), 1e-12);
        Assert.Equal(Of([9, 1, 2], [3]), Of([5, 1, 2], [3]));
        Assert.NotEqual(Of([1, 2], [3]), Of([1, 5], [3]));
        Assert.NotEqual(Of([1, 2], [3]), Of([5, 2], [3]));
        Assert.NotEqual(Of([2], [3]), Of([0, 2], [3]));
    }

    [Fact]
    public void The_gradient_is_that_of_the_definition_by_central_differences()
    {
        var policy = TestPolicies.Random(7);
        var sequences = TestPolicies.Sequences(8, 12);
        double[] weights = [.. sequences.Select((_, i) => i == 5 ? 0 : Math.Sin(i + 1))];
        var dense = new DensePolicy(policy);
        double Objective() => sequences.Select((sequence, i) => weights[i] * dense.LogProbability(sequence)).Sum();

        // In two parts: gradients add up.
        policy.Accumulate(sequences[..5], weights[..5]);
        policy.Accumulate(sequences[5..], weights[5..]);

        var squares = 0.0;
        for (var row = 0; row < policy.Weights.Rows; row++)
        {
            var slot = Enumerable.Range(0, policy.Gradient.Count).FirstOrDefault(s => policy.Gradient.RowOf(s) == row, -1);
            for (var i = 0; i < policy.Weights.Width; i++)
            {
                const double step = 1e-4;
                var kept = dense.Weights[row][i];
                dense.Weights[row][i] = kept + step;
                var above = Objective();
                dense.Weights[row][i] = kept - step;
                var below = Objective();
                dense.Weights[row][i] = kept;

                // Differences are good to about 1e-8; the sums of about 60 terms in single precision to 1e-6 each.
                var expected = (above - below) / (2 * step);
                Assert.Equal(expected, slot < 0 ? 0 : policy.Gradient.Values(slot)[i], 5e-6);
                squares += expected * expected;
            }
        }

        Assert.Equal(Math.Sqrt(squares), policy.GradientNorm(), 1e-5);
    }

    [Fact]
    public void Sequences_of_weight_zero_touch_no_row()
    {
        var policy = TestPolicies.Random(9);
        policy.Accumulate(TestPolicies.Sequences(10, 3), new double[3]);
        Assert.Equal(0, policy.Gradient.Count);
    }

    [Fact]
    public void Log_probability_is_concave_in_the_weights()
    {
        var sequences = TestPolicies.Sequences(11, 30);
        for (ulong seed = 0; seed < 20; seed++)
        {
            var (one, other) = (TestPolicies.Random(100 + seed), TestPolicies.Random(200 + seed));
            var atOne = one.LogProbabilities(sequences);
            var atOther = other.LogProbabilities(sequences);
            one.MixWith(other, 0.25);
            var between = one.LogProbabilities(sequences);
            Assert.All(Enumerable.Range(0, sequences.Length), i =>
                Assert.True(between[i] > (0.75 * atOne[i]) + (0.25 * atOther[i]), $"seed {seed}, sequence {i}"));
        }
    }

    [Fact]
    public void Nothing_depends_on_the_number_of_threads()
    {
        var settings = new NGramSettings { VocabularySize = 500, Buckets = 1 << 12 };
        var sequences = TestPolicies.Sequences(12, 300, 500);
        double[] weights = [.. sequences.Select((_, i) => Math.Cos(i))];
        NGramPolicy Train(int threads)
        {
            var policy = TestPolicies.Random(13, settings, new AdamWOptions { WeightDecay = 0.01 });
            policy.MaxThreads = threads;
            for (var step = 0; step < 3; step++)
            {
                policy.Accumulate(sequences, weights);
                policy.ScaleGradient(1 / policy.GradientNorm());
                policy.OptimizerStep(0.01);
            }

            return policy;
        }

        var (one, four) = (Train(1), Train(4));

        Assert.Equal(one.AllWeights(), four.AllWeights());
        Assert.Equal(one.LogProbabilities(sequences), four.LogProbabilities(sequences));
        ReadOnlyMemory<int>[] prompts = [.. sequences.Select(s => s.Prompt)];
        var options = new SamplingOptions { EndOfText = 1 };
        Assert.Equal(one.Sample(prompts, options, new RandomStream(1)), four.Sample(prompts, options, new RandomStream(1)));
    }

    [Fact]
    public void Fitting_by_likelihood_finds_the_frequencies()
    {
        // Without context, the optimum is the share of each token: 1/2, 1/3, 1/6.
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = 3, Order = 1, Buckets = 1 });
        TokenSequence[] sequences = [Completion(0), Completion(0), Completion(0), Completion(1), Completion(1), Completion(2)];
        for (var step = 0; step < 2000; step++)
        {
            policy.Accumulate(sequences, [.. sequences.Select(_ => -1.0 / 6)]);
            policy.OptimizerStep(0.05 * (1 - (step / 2000.0)));
        }

        var logs = new double[3];
        policy.LogProbabilitiesOfNext(default, logs);
        Assert.Equal(0.5, Math.Exp(logs[0]), 1e-3);
        Assert.Equal(1 / 3.0, Math.Exp(logs[1]), 1e-3);
        Assert.Equal(1 / 6.0, Math.Exp(logs[2]), 1e-3);
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        var policy = TestPolicies.Random(14);
        Assert.Contains("sequence 1 is empty", Assert.Throws<ArgumentException>(() => policy.LogProbabilities([Completion(1), default])).Message);
        Assert.Contains("no token 11", Assert.Throws<ArgumentException>(() => policy.LogProbabilities([Completion(11)])).Message);
        Assert.Contains("no token -1", Assert.Throws<ArgumentException>(() => policy.LogProbabilities([Completion(1).After(-1)])).Message);
        using var pass = policy.Forward([Completion(1)]);
        Assert.Throws<InvalidOperationException>(() => policy.Forward([]));
        Assert.Throws<ArgumentException>(() => pass.Backward([1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.OptimizerStep(double.NaN));
        Assert.Throws<ArgumentException>(() => policy.MixWith(new NGramPolicy(new NGramSettings { VocabularySize = 5 }), 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.MixWith(policy, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NGramSettings { VocabularySize = 5, Buckets = 3 });
    }
}
