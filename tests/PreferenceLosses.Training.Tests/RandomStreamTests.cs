namespace PreferenceLosses.Training.Tests;

/// <summary>Random numbers are those of the published generator, and spread as they should.</summary>
public class RandomStreamTests
{
    // The outputs that implementations of SplitMix64 in many languages are held to for this seed.
    [Fact]
    public void Numbers_are_those_of_SplitMix64()
    {
        var random = new RandomStream(1234567);
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        Assert.Equal(expected, expected.Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void A_saved_state_continues()
    {
        var random = new RandomStream(7);
        random.NextGaussian();
        var continued = new RandomStream(random.State);
        Assert.Equal(random.NextGaussian(), continued.NextGaussian());
        Assert.Equal(random.NextInt(1000), continued.NextInt(1000));
        Assert.Equal(random.State, continued.State);
    }

    [Fact]
    public void Doubles_fill_the_unit_interval_evenly()
    {
        var random = new RandomStream(1);
        var numbers = Enumerable.Range(0, 100_000).Select(_ => random.NextDouble()).ToArray();
        Assert.All(numbers, number => Assert.InRange(number, 0, Math.BitDecrement(1)));

        // Ten bins of 10,000 with a standard deviation of 95; five of them are passed once in 170,000 bins.
        foreach (var bin in numbers.CountBy(number => (int)(number * 10)))
        {
            Assert.InRange(bin.Value, 10_000 - 475, 10_000 + 475);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_610_612_736)]
    [InlineData(int.MaxValue)]
    public void Whole_numbers_stay_below_the_bound_and_have_its_mean(int bound)
    {
        const int count = 40_000;
        var random = new RandomStream(3);
        var numbers = Enumerable.Range(0, count).Select(_ => random.NextInt(bound)).ToArray();
        Assert.All(numbers, number => Assert.InRange(number, 0, bound - 1));

        // The standard deviation of the mean of uniform numbers is bound/√12/√count.
        var deviation = bound / Math.Sqrt(12.0 * count);
        Assert.InRange(numbers.Average(number => (double)number), ((bound - 1) / 2.0) - (5 * deviation), ((bound - 1) / 2.0) + (5 * deviation));
    }

    // The state before 0 gives the bits 0, which would favour 0 among three numbers and are drawn again: the next are those of seed 0, 0xE220A8397B1DCDAF, and 3 × them
    // has 2 in its upper half. Four numbers share 2⁶⁴ evenly, and 0 it is.
    [Fact]
    public void Bits_that_would_favour_a_number_are_drawn_again()
    {
        const ulong beforeZero = unchecked(0 - 0x9E3779B97F4A7C15);
        Assert.Equal(0UL, new RandomStream(beforeZero).NextUInt64());
        Assert.Equal(0xE220A8397B1DCDAFUL, new RandomStream(0).NextUInt64());
        Assert.Equal(2, new RandomStream(beforeZero).NextInt(3));
        Assert.Equal(0, new RandomStream(beforeZero).NextInt(4));
    }

    [Fact]
    public void A_bound_below_one_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(0).NextInt(0));

    [Fact]
    public void Gaussians_have_the_moments_of_the_normal_distribution()
    {
        const int count = 100_000;
        var random = new RandomStream(4);
        var numbers = Enumerable.Range(0, count).Select(_ => random.NextGaussian()).ToArray();

        // Five standard deviations of the sample moments: the variances of x, x² and x⁴ are 1, 2 and 96.
        Assert.Equal(0, numbers.Average(), 5 * Math.Sqrt(1.0 / count));
        Assert.Equal(1, numbers.Average(x => x * x), 5 * Math.Sqrt(2.0 / count));
        Assert.Equal(3, numbers.Average(x => x * x * x * x), 5 * Math.Sqrt(96.0 / count));
    }

    [Fact]
    public void Forks_differ_by_key_and_leave_the_stream_where_it_was()
    {
        var random = new RandomStream(5);
        var first = Enumerable.Range(0, 1000).Select(key => random.Fork((ulong)key).NextUInt64()).ToArray();
        Assert.Equal(1000, first.Distinct().Count());
        Assert.Equal(5UL, random.State);
        Assert.Equal(first[3], random.Fork(3).NextUInt64());
        Assert.NotEqual(first[3], new RandomStream(6).Fork(3).NextUInt64());

        // Bits of neighbouring forks are unrelated: of 1000 × 64 half are set, with a standard deviation of 126.
        var changed = first.Zip(first.Skip(1), (a, b) => System.Numerics.BitOperations.PopCount(a ^ b)).Sum();
        Assert.InRange(changed, 31_968 - 650, 31_968 + 650);
    }

    [Fact]
    public void Every_order_of_four_is_equally_likely()
    {
        var random = new RandomStream(8);
        var orders = Enumerable.Range(0, 24_000).CountBy(_ => string.Join(' ', random.NextPermutation(4))).ToArray();
        Assert.Equal(24, orders.Length);

        // 1000 of each, with a standard deviation of 31.
        Assert.All(orders, order => Assert.InRange(order.Value, 1000 - 155, 1000 + 155));
    }

    // The order for this seed was computed by a few lines of Python from the definitions.
    [Fact]
    public void A_permutation_is_the_same_everywhere()
    {
        Assert.Equal([], new RandomStream(9).NextPermutation(0));
        Assert.Equal([0], new RandomStream(9).NextPermutation(1));
        Assert.Equal("1 3 9 10 5 0 7 6 4 2 11 8", string.Join(' ', new RandomStream(2026).NextPermutation(12)));
    }
}
