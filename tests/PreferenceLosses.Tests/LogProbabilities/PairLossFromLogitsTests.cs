using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>The one call is the calls that it is made of. (PyTorch's answers are in LogProbabilityGoldenTests.)</summary>
public class PairLossFromLogitsTests
{
    public static TheoryData<string> Losses => ["dpo", "simpo", "ipo-averaged", "kto-pair", "orpo", "r-dpo", "sft", "discopop", "aot"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void It_is_the_loss_of_the_log_probabilities(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var scene = new LogitScene(vocabulary: 60, lengths: [4, 7, 5, 6, 3, 8], seed: 20);
        double[] reference = [-9, -20, -14];
        var columns = new PreferenceBatch<double> { ReferenceChosen = reference, ReferenceRejected = reference };

        var one = new PairLossFromLogits(loss);
        var gradient = scene.Batch.Copy();
        var mean = one.Evaluate(scene.Batch.View, scene.Sequences, columns, gradient.Gradients);

        var policy = new SequenceLogProbabilities();
        policy.Forward(scene.Batch.View, scene.Sequences);
        var result = loss.Evaluate(columns with
        {
            PolicyChosen = policy.Sums[..3], PolicyRejected = policy.Sums[3..], ChosenLength = policy.Lengths[..3], RejectedLength = policy.Lengths[3..],
        });
        var expected = scene.Batch.Copy();
        policy.Backward(scene.Batch.View, [.. result.Gradient(Columns.PolicyChosen), .. result.Gradient(Columns.PolicyRejected)], expected.Gradients);

        Assert.Equal(result.Value, mean);
        Assert.Equal(result.Losses.ToArray(), one.Losses.ToArray());
        Assert.Equal(result.Rewards is null ? [] : result.Rewards.Chosen.ToArray(), one.ChosenRewards.ToArray());
        Assert.Equal(result.Rewards is null ? [] : result.Rewards.Rejected.ToArray(), one.RejectedRewards.ToArray());
        Assert.Equal(expected.Values, gradient.Values);
        Assert.Contains(gradient.Values, value => value != 0);
    }

    [Fact]
    public void A_pair_of_weight_0_is_not_read_and_gets_zeros()
    {
        var scene = new LogitScene(vocabulary: 11, lengths: [2, 2, 2, 2], seed: 21, ignored: 0);
        var values = scene.Batch.Values;
        var without = new LogitScene(11, [2, 2], seed: 21)
        {
            Batch = scene.Batch.Select([0, 1, 4, 5]), Labels = [.. scene.Labels[..2], .. scene.Labels[4..6]],
        };
        foreach (var sequence in new[] { 1, 3 })
        {
            values.AsSpan(sequence * 22, 22).Fill(double.NaN);
        }

        foreach (IPreferenceLoss loss in new IPreferenceLoss[] { new DpoLoss(), new SimPoLoss(), new DpoLoss().With(Modification.PairWeights) })
        {
            var batch = new LogitBatch(LogitFormat.Fp32, values, 11);
            var one = new PairLossFromLogits(loss);
            var mean = one.Evaluate(
                batch.View, scene.Sequences, new PreferenceBatch<double> { ReferenceChosen = [-4, -4], ReferenceRejected = [-5, -5], Weight = [1, 0] }, batch.Gradients);
            var alone = without.Batch.Copy();
            Assert.Equal(
                one.Evaluate(without.Batch.View, without.Sequences, new PreferenceBatch<double> { ReferenceChosen = [-4], ReferenceRejected = [-5] }, alone.Gradients), mean);
            Assert.Equal([.. alone.Values[..22], .. new double[22], .. alone.Values[22..], .. new double[22]], batch.Values);
        }
    }

    [Fact]
    public void Weights_that_the_batch_has_are_taken()
    {
        var scene = new LogitScene(vocabulary: 11, lengths: [2, 2], seed: 22, ignored: 0);
        var columns = new PreferenceBatch<double>
        {
            ReferenceChosen = [-4],
            ReferenceRejected = [-5],
            Other = new Dictionary<string, ReadOnlyMemory<double>> { [Columns.ChosenWeight] = new[] { 3.0 }, [Columns.RejectedWeight] = new[] { 0.5 } },
        };
        var plain = new PairLossFromLogits(new DpoLoss()).Evaluate(scene.Batch.View, scene.Sequences, columns with { Other = null });
        var weighted = new PairLossFromLogits(new DpoLoss().With(Modification.PairWeights)).Evaluate(scene.Batch.View, scene.Sequences, columns);
        Same.Relative(1.5 * plain, weighted, 1e-15);
    }

    [Theory]
    [InlineData("tdpo1", Columns.RejectedKl)]
    [InlineData("tpo", Columns.PolicyGold)]
    public void A_loss_with_gradients_that_would_be_lost_is_refused(string name, string column) => Assert.Contains(
        $"'{column}'",
        Assert.Throws<ArgumentException>(() => new PairLossFromLogits(PreferenceLosses.Losses.LossCatalog.BuiltIn.Find(name).Loss)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_share_of_the_tail_is_nothing_to_pairs_of_equal_length()
    {
        var scene = new LogitScene(vocabulary: 13, lengths: [3, 3], seed: 23, ignored: 0);
        var columns = new PreferenceBatch<double> { ReferenceChosen = [-4], ReferenceRejected = [-5] };
        var (plain, split) = (scene.Batch.Copy(), scene.Batch.Copy());
        var one = new PairLossFromLogits(new DpoLoss()).Evaluate(scene.Batch.View, scene.Sequences, columns, plain.Gradients);
        Assert.Equal(one, new PairLossFromLogits(new DpoLoss()) { TailShare = 0.3 }.Evaluate(scene.Batch.View, scene.Sequences, columns, split.Gradients));
        Assert.Equal(plain.Values, split.Values);
    }
}
