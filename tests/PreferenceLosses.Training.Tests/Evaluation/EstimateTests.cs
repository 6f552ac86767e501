namespace PreferenceLosses.Training.Tests.Evaluation;

public class EstimateTests
{
    [Fact]
    public void Wilsons_interval_is_the_textbooks()
    {
        // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        AssertInterval(0.2553, 0.3662, Estimate.OfShare(81, 263));
        AssertInterval(0.0624, 0.1605, Estimate.OfShare(15, 148));
        AssertInterval(0.0000, 0.1611, Estimate.OfShare(0, 20));
        AssertInterval(0.0061, 0.1718, Estimate.OfShare(1, 29));
    }

    [Fact]
    public void An_interval_of_none_or_all_ends_where_shares_end()
    {
        for (var count = 1; count <= 300; count++)
        {
            Assert.Equal(0.0, Estimate.OfShare(0, count).Lower);
            Assert.Equal(1.0, Estimate.OfShare(count, count).Upper);
        }
    }

    [Fact]
    public void Students_interval_can_be_redone_by_hand()
    {
        // Mean 5, deviation √(20/3), four values: t(0.975; 3) = 3.182446.
        var estimate = Estimate.OfMean([2, 4, 6, 8]);
        Assert.Equal(5, estimate.Value);
        Assert.Equal(5 + (3.182446 * Math.Sqrt(20 / 3.0) / 2), estimate.Upper, 1e-5);
        Assert.Equal(10, estimate.Lower + estimate.Upper, 1e-12);
        Assert.True(estimate.Excludes(0.5));
        Assert.False(estimate.Excludes(2));
        Assert.Equal("5 (0.8915 to 9.109)", estimate.ToString());
        Assert.False(Estimate.OfMean([7]).Excludes(-1e300));
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(0.95)]
    public void Intervals_cover_the_truth_as_often_as_they_say(double confidence)
    {
        const int experiments = 4000;
        var random = new RandomStream(1);
        int shares = 0, means = 0;
        for (var i = 0; i < experiments; i++)
        {
            var coins = Enumerable.Range(0, 60).Count(_ => random.NextDouble() < 0.3);
            shares += Estimate.OfShare(coins, 60, confidence).Excludes(0.3) ? 0 : 1;
            means += Estimate.OfMean([.. Enumerable.Range(0, 8).Select(_ => 3 + (2 * random.NextGaussian()))], confidence).Excludes(3) ? 0 : 1;
        }

        // Shares come in steps of 1/60, so their coverage is off by up to about 2 %.
        Assert.Equal(confidence, shares / (double)experiments, 0.03);
        Assert.Equal(confidence, means / (double)experiments, 4 * Math.Sqrt(confidence * (1 - confidence) / experiments));
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Estimate.OfShare(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Estimate.OfShare(3, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Estimate.OfShare(1, 2, 1));
        Assert.Throws<ArgumentException>(() => Estimate.OfMean([]));
        Assert.Throws<ArgumentException>(() => PairedComparison.Of([1, 2], [1]));
    }

    private static void AssertInterval(double lower, double upper, Estimate estimate)
    {
        Assert.Equal(lower, estimate.Lower, 5.1e-5);
        Assert.Equal(upper, estimate.Upper, 5.1e-5);
    }
}
