namespace PreferenceLosses.Training.Tests.Tasks;

/// <summary>The envelope of a frontier, by hand and as a rule.</summary>
public class RewardEnvelopeTests
{
    [Theory]
    [InlineData(1, 0.1)]                            // along the line from (0, 0.5) to (1, 0.7)
    [InlineData(2, (0.1 + (0.7 / 3)) / 2)]          // and half of a nat on the line to (4, 0.9), above (2, 0.6)
    [InlineData(8, (0.1 + 0.9 + 1.6) / 8)]          // and flat behind it: (6, 0.8) is below
    public void By_hand(double maximumKl, double expected) =>
        Assert.Equal(expected, RewardEnvelope.MeanGain([(4, 0.9), (2, 0.6), (6, 0.8), (1, 0.7)], 0.5, maximumKl), 1e-14);

    [Fact]
    public void What_is_not_better_than_the_base_gains_nothing()
    {
        Assert.Equal(0, RewardEnvelope.MeanGain([], 0.5, 3));
        Assert.Equal(0, RewardEnvelope.MeanGain([(1, 0.4), (2, 0.5), (0, 0.1)], 0.5, 3));
        Assert.Equal(0.25, RewardEnvelope.MeanGain([(0, 0.75)], 0.5, 3));
    }

    [Fact]
    public void It_is_the_highest_mixture_of_two_points()
    {
        // The envelope at k, from its definition: the best mean reward of two points whose mean KL is at most k. Its mean over k is taken by the midpoint rule.
        var random = new RandomStream(1);
        for (var round = 0; round < 20; round++)
        {
            (double Kl, double Reward)[] points = [.. Enumerable.Range(0, 6).Select(_ => (5 * random.NextDouble(), random.NextDouble()))];
            (double Kl, double Reward)[] all = [.. points, (0, 0.4)];
            const int steps = 2000;
            var mean = Enumerable.Range(0, steps).Average(i => Best(3 * (i + 0.5) / steps)) - 0.4;
            Assert.Equal(mean, RewardEnvelope.MeanGain(points, 0.4, 3), 1e-4);

            double Best(double k) => (from a in all
                                      from b in all
                                      where a.Kl <= k
                                      let share = b.Kl <= k ? 1 : (k - a.Kl) / (b.Kl - a.Kl)
                                      select Math.Max(a.Reward, a.Reward + (share * (b.Reward - a.Reward)))).Max();
        }
    }

    [Fact]
    public void Bad_numbers_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RewardEnvelope.MeanGain([(1, double.NaN)], 0.5, 3));
        Assert.Throws<ArgumentException>(() => RewardEnvelope.MeanGain([(-1, 0.5)], 0.5, 3));
        Assert.Throws<ArgumentException>(() => RewardEnvelope.MeanGain([(1, 0.5)], double.PositiveInfinity, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => RewardEnvelope.MeanGain([], 0.5, 0));
    }
}
