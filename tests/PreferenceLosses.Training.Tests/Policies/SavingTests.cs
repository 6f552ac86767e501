using static PreferenceLosses.Training.Tests.Policies.TestPolicies;

namespace PreferenceLosses.Training.Tests.Policies;

/// <summary>Weights and optimizers go to bytes and back bit for bit, and what is no such thing is refused.</summary>
public class SavingTests
{
    private static readonly AdamWOptions Decaying = new() { WeightDecay = 0.1 };
    private static readonly TokenSequence[] Sequences = TestPolicies.Sequences(1, 12);

    [Fact]
    public void Training_goes_on_bit_for_bit()
    {
        var whole = TestPolicies.Random(2, optimizer: Decaying);
        Train(whole, 0, 6);
        var first = TestPolicies.Random(2, optimizer: Decaying);
        Train(first, 0, 3);

        var second = new NGramPolicy(TestPolicies.Small, Decaying);
        second.LoadWeights(Saved(first.SaveWeights));
        second.LoadOptimizer(Saved(first.SaveOptimizer));
        Train(second, 3, 6);

        Assert.Equal(whole.AllWeights(), second.AllWeights());
        Assert.Equal(Saved(whole.SaveWeights).ToArray(), Saved(second.SaveWeights).ToArray());
        Assert.Equal(Saved(whole.SaveOptimizer).ToArray(), Saved(second.SaveOptimizer).ToArray());
    }

    [Fact]
    public void Saving_changes_nothing()
    {
        var (one, other) = (TestPolicies.Random(2, optimizer: Decaying), TestPolicies.Random(2, optimizer: Decaying));
        Train(one, 0, 2);
        Saved(one.SaveWeights);
        Saved(one.SaveOptimizer);
        Train(one, 2, 4);
        Train(other, 0, 4);
        Assert.Equal(one.AllWeights(), other.AllWeights());
    }

    [Fact]
    public void A_loaded_policy_gives_the_same_log_probabilities()
    {
        var policy = TestPolicies.Random(3, optimizer: Decaying);
        Train(policy, 0, 2);
        var loaded = NGramPolicy.Load(Saved(policy.SaveWeights));
        Assert.Equal(policy.LogProbabilities(Sequences), loaded.LogProbabilities(Sequences));
    }

    [Fact]
    public void A_frozen_copy_stays()
    {
        var policy = TestPolicies.Random(4);
        var before = policy.LogProbabilities(Sequences);
        using var reference = policy.Freeze();
        Train(policy, 0, 1);
        Assert.Equal(before, reference.LogProbabilities(Sequences));
        Assert.NotEqual(before, policy.LogProbabilities(Sequences));
    }

    [Fact]
    public void A_reference_that_is_mixed_with_a_policy_has_the_mean_of_their_weights()
    {
        // With weight decay that is not applied to all rows yet.
        var (one, other) = (TestPolicies.Random(6, optimizer: Decaying), TestPolicies.Random(7, optimizer: Decaying));
        Train(one, 0, 3);
        Train(other, 2, 4);
        var expected = one.AllWeights().Zip(other.AllWeights(), (a, b) => (0.7 * a) + (0.3 * b)).ToArray();

        one.MixWith(other, 0.3);

        var mixed = one.AllWeights();
        Assert.All(Enumerable.Range(0, mixed.Length), i => Assert.Equal(expected[i], mixed[i], 1e-6));
        one.MixWith(other, 1);
        Assert.Equal(other.LogProbabilities(Sequences), one.LogProbabilities(Sequences), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Only_rows_that_were_trained_are_written()
    {
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = 100, Buckets = 1 << 16 });
        policy.Accumulate([Completion(1, 2)], [1]);
        policy.OptimizerStep(0.1);
        Assert.InRange(Saved(policy.SaveWeights).Length, 100, 2000);
    }

    [Fact]
    public void What_is_cut_or_something_else_is_refused()
    {
        var policy = TestPolicies.Random(5);
        Train(policy, 0, 1);
        var weights = Saved(policy.SaveWeights).ToArray();
        var optimizer = Saved(policy.SaveOptimizer).ToArray();
        var target = new NGramPolicy(TestPolicies.Small);
        for (var length = 0; length < weights.Length; length += 97)
        {
            Assert.Throws<InvalidDataException>(() => target.LoadWeights(new MemoryStream(weights[..length])));
        }

        for (var length = 0; length < optimizer.Length; length += 97)
        {
            Assert.Throws<InvalidDataException>(() => target.LoadOptimizer(new MemoryStream(optimizer[..length])));
        }

        Assert.Throws<InvalidDataException>(() => new NGramPolicy(new NGramSettings { VocabularySize = 12 }).LoadWeights(new MemoryStream(weights)));
        Assert.Throws<InvalidDataException>(() => new NGramPolicy(TestPolicies.Small, Decaying).LoadOptimizer(new MemoryStream(optimizer)));
        Assert.Throws<InvalidDataException>(() => NGramPolicy.Load(new MemoryStream([.. "PLNGRAM\n"u8, 9, 0, 0, 0])));

        // A header of 2³¹ − 1 tokens and 2²⁴ buckets, which no array holds.
        Assert.Throws<InvalidDataException>(() => NGramPolicy.Load(new MemoryStream([.. "PLNGRAM\n"u8, 1, 0, 0, 0, 255, 255, 255, 127, 3, 0, 0, 0, 0, 0, 0, 1])));
    }

    private static void Train(NGramPolicy policy, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            policy.Accumulate(Sequences[(step * 2)..((step * 2) + 2)], [1, -0.5]);
            policy.OptimizerStep(0.1);
        }
    }

    private static MemoryStream Saved(Action<Stream> save)
    {
        var stream = new MemoryStream();
        save(stream);
        stream.Position = 0;
        return stream;
    }
}
