using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery.Tests.Search;

/// <summary>Fitness in words.</summary>
public sealed class FitnessTextTests
{
    private static ScoredObjective Objective(int number, string name, params double[] scores) =>
        new(number, null, name, new("", name, "")) { Scores = [.. scores.Select((score, i) => new SeedScore((ulong)i, score))] };

    [Fact]
    public void Fitness_and_difference_have_half_of_their_intervals()
    {
        // Differences 0.003, 0.004, 0.005: mean 0.004, standard deviation 0.001, t(0.975, 2) = 4.3027: half is 0.00248. Scores: standard deviation 0.011, half 0.0273.
        var baseline = Objective(1, "dpo", 0.450, 0.460, 0.470);
        var one = Objective(2, "mine", 0.453, 0.464, 0.475);
        Assert.Equal("fitness 0.464 ± 0.027 (3 paired seeds), +0.0040 ± 0.0025 against dpo", FitnessText.Of(one, baseline));
        Assert.Equal("fitness 0.460 ± 0.025 (3 paired seeds)", FitnessText.Of(baseline, baseline));
        Assert.Equal("fitness 0.460 ± 0.025 (3 paired seeds), -0.0040 ± 0.0025 against mine", FitnessText.Of(baseline, one));
    }

    [Fact]
    public void One_seed_has_no_interval() => Assert.Equal("fitness 0.4500 (1 seed)", FitnessText.Of(Objective(1, "dpo", 0.45), null));

    [Theory]
    [InlineData(0.4651, 0.0009, "0.4651 ± 0.0009")]
    [InlineData(0.4651, 0.00015, "0.46510 ± 0.00015")]
    [InlineData(7.9123, 0.34, "7.9 ± 0.3")]
    [InlineData(1234.5, 20, "1234 ± 20")]
    [InlineData(0.5, 0, "0.5000 ± 0.0000")]
    public void Numbers_are_written_to_the_digits_that_are_known(double value, double half, string text) =>
        Assert.Equal(text, FitnessText.Of(new Estimate(value, value - half, value + half, 5)));
}
