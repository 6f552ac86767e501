namespace PreferenceLosses.Training.Tests.Policies;

/// <summary>What is drawn, against the distribution it should come from.</summary>
public class SamplingTests
{
    private const int Draws = 20_000;
    private static readonly int[] Prompt = [4, 7];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0.5, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 0.7)]
    [InlineData(1.5, 0.7)]
    public void Tokens_are_drawn_as_often_as_their_probability_says(double temperature, double topP)
    {
        var policy = TestPolicies.Random(1);
        var dense = new DensePolicy(policy);
        var expected = Enumerable.Range(0, policy.VocabularySize).Select(token => Math.Exp(dense.LogProbabilityOfToken(Prompt, [], token) / temperature)).ToArray();
        var order = Enumerable.Range(0, expected.Length).OrderByDescending(token => expected[token]).ToArray();
        var total = expected.Sum();
        var before = 0.0;
        foreach (var token in order)
        {
            // A token is in the nucleus if the likelier ones do not fill it.
            var probability = expected[token] / total;
            expected[token] = before < topP ? probability : 0;
            before += probability;
        }

        total = expected.Sum();
        var options = new SamplingOptions { EndOfText = 0, MaximumLength = 1, Temperature = temperature, TopP = topP };
        var drawn = policy.Sample([.. Enumerable.Repeat((ReadOnlyMemory<int>)Prompt, Draws)], options, new RandomStream(2));

        for (var token = 0; token < expected.Length; token++)
        {
            var p = expected[token] / total;
            var share = drawn.Count(completion => completion[0] == token) / (double)Draws;

            // Five standard deviations of a binomial; a token that is not to be drawn is not drawn.
            Assert.True(Math.Abs(share - p) <= 5 * Math.Sqrt(p * (1 - p) / Draws), $"token {token}: drawn {share}, expected {p}");
        }
    }

    [Fact]
    public void Completions_end_with_the_end_token_or_at_the_maximum_length()
    {
        var policy = TestPolicies.Random(3);
        var options = new SamplingOptions { EndOfText = 5, MaximumLength = 6 };
        var completions = policy.Sample([.. Enumerable.Repeat((ReadOnlyMemory<int>)Prompt, 500)], options, new RandomStream(4));

        Assert.All(completions, c => Assert.DoesNotContain(5, c[..^1]));
        Assert.All(completions, c => Assert.True(c[^1] == 5 || c.Length == 6));
        Assert.Contains(completions, c => c.Length == 6 && c[^1] != 5);
        Assert.Contains(completions, c => c.Length < 6);
    }

    [Fact]
    public void Divergence_is_that_of_whole_distributions_summed_along_the_completion()
    {
        var (policy, other) = (TestPolicies.Random(5), TestPolicies.Random(6));
        var (own, others) = (new DensePolicy(policy), new DensePolicy(other));
        var sequences = TestPolicies.Sequences(7, 10);
        var results = new double[sequences.Length];

        policy.KlDivergence(other, sequences, results);

        for (var i = 0; i < sequences.Length; i++)
        {
            var completion = sequences[i].Completion.ToArray();
            var expected = Enumerable.Range(0, completion.Length).Sum(t => Enumerable.Range(0, policy.VocabularySize).Sum(token =>
            {
                var log = own.LogProbabilityOfToken(sequences[i].Prompt.ToArray(), completion[..t], token);
                return Math.Exp(log) * (log - others.LogProbabilityOfToken(sequences[i].Prompt.ToArray(), completion[..t], token));
            }));
            Assert.Equal(expected, results[i], 1e-5 * completion.Length);
        }

        policy.KlDivergence(policy.Freeze(), sequences, results);
        Assert.All(results, kl => Assert.Equal(0, kl));
    }

    [Fact]
    public void Divergence_along_own_samples_is_the_mean_log_ratio()
    {
        // Two estimates of one number: the log-ratio of whole completions, and the divergences of their tokens.
        var policy = TestPolicies.Random(8);
        var reference = TestPolicies.Random(9);
        reference.MixWith(policy, 0.8);
        var options = new SamplingOptions { EndOfText = 0, MaximumLength = 8 };
        var samples = policy.Sample([.. Enumerable.Repeat((ReadOnlyMemory<int>)Prompt, Draws)], options, new RandomStream(10));
        TokenSequence[] sequences = [.. samples.Select(completion => new TokenSequence(Prompt, completion))];
        var kl = new double[sequences.Length];
        policy.KlDivergence(reference, sequences, kl);
        var ratios = policy.LogProbabilities(sequences).Zip(reference.LogProbabilities(sequences), (a, b) => a - b).ToArray();

        var deviation = Math.Sqrt(ratios.Zip(kl, (a, b) => Math.Pow(a - b, 2)).Average() / Draws);
        Assert.True(kl.Average() > 0.05);
        Assert.Equal(ratios.Average(), kl.Average(), 5 * deviation);
    }
}
