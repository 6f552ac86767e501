namespace PreferenceLosses.Training.Tests.Policies;

/// <summary>Drawing from scores; the policies' own tests look at how often what is drawn.</summary>
public sealed class NextTokenTests
{
    private static readonly SamplingOptions Options = new() { EndOfText = 0 };

    [Fact]
    public void A_token_of_minus_infinity_is_never_drawn()
    {
        var random = new RandomStream(1);
        var drawn = Enumerable.Range(0, 200).Select(_ => NextToken.Draw([double.NegativeInfinity, -700, -701, double.NegativeInfinity], Options, random)).ToHashSet();
        Assert.Equal([1, 2], drawn.Order());
    }

    [Fact]
    public void A_nucleus_has_the_likeliest_tokens_and_of_equal_ones_the_first()
    {
        var random = new RandomStream(1);

        // 0.5, 0.2, 0.2, 0.1: to 0.6 the first and one of the two.
        int[] drawn = [.. Enumerable.Range(0, 200).Select(_ => NextToken.Draw([Math.Log(0.1), Math.Log(0.2), Math.Log(0.5), Math.Log(0.2)], Options with { TopP = 0.6 }, random))];
        Assert.Equal([1, 2], drawn.Distinct().Order());
        Assert.InRange(drawn.Count(token => token == 2), 115, 170); // 5/7 of 200 and four standard deviations
    }

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new[] { 1, double.NaN })]
    [InlineData(new[] { 1, double.PositiveInfinity })]
    [InlineData(new[] { double.NegativeInfinity, double.NegativeInfinity })]
    public void Scores_without_a_distribution_are_refused(double[] scores) =>
        Assert.Throws<ArgumentException>(() => NextToken.Draw(scores, Options, new RandomStream(1)));
}
