using System.Globalization;

namespace PreferenceLosses.Charts.Tests;

/// <summary>The numbers at axes are round, true and not too many.</summary>
public class TicksTests
{
    public static TheoryData<double, double> Ranges()
    {
        var ranges = new TheoryData<double, double> { { 0, 1 }, { -1, 1 }, { 0.07, 2.05 }, { 0, 20_000 }, { -3e-9, 4e-9 }, { 1e15, 3e15 }, { 10_000, 10_010 }, { -7.5, -7.25 }, { -1e300, 1e300 }, { 1e-300, 3e-300 } };
        var random = new System.Random(1);
        for (var i = 0; i < 200; i++)
        {
            var low = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-12, 12));
            ranges.Add(low, low + (random.NextDouble() * Math.Pow(10, random.Next(-3, 3)) * Math.Max(1e-6, Math.Abs(low))));
        }

        return ranges;
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Linear_ticks_are_whole_multiples_of_1_2_or_5_and_their_labels_say_what_they_are(double low, double high)
    {
        for (var most = 2; most <= 12; most++)
        {
            var ticks = Ticks.Linear(low, high, most);
            Assert.InRange(ticks.Length, 2, Math.Max(most, 5));
            Assert.All(ticks, tick => Assert.InRange(tick.Value, low - (1e-12 * Math.Abs(low)), high + (1e-12 * Math.Abs(high))));

            var step = ticks[1].Value - ticks[0].Value;
            var mantissa = step / Math.Pow(10, Math.Floor(Math.Log10(step) + 1e-6));
            Assert.Contains(Math.Round(mantissa, 3), new[] { 1.0, 2, 5 });

            // No more ticks would have fitted before the first or after the last.
            Assert.True(ticks[0].Value - step < low + (step * 1e-6) && ticks[^1].Value + step > high - (step * 1e-6));
            Assert.All(ticks, tick => Assert.Equal(tick.Value, Read(tick.Label), step * 1e-3));
            Assert.Equal(ticks.Length, ticks.Select(tick => tick.Label).Distinct().Count());
        }
    }

    [Theory]
    [InlineData(0, 1, 6, "0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0, 20_000, 5, "0 5k 10k 15k 20k")]
    [InlineData(-0.3, 0.3, 7, "−0.3 −0.2 −0.1 0 0.1 0.2 0.3")]
    [InlineData(0, 2_500_000, 6, "0 0.5M 1.0M 1.5M 2.0M 2.5M")]
    [InlineData(0, 9000, 10, "0 1000 2000 3000 4000 5000 6000 7000 8000 9000")]
    [InlineData(-3e-9, 4e-9, 4, "−2e−9 0 2e−9 4e−9")]
    public void Linear_labels_are_short(double low, double high, int most, string labels) =>
        Assert.Equal(labels, string.Join(' ', Ticks.Linear(low, high, most).Select(tick => tick.Label)));

    [Theory]
    [InlineData(0.07, 2.1, 8, "0.1 0.2 0.5 1 2")]
    [InlineData(0.01, 1000, 12, "0.01 0.03 0.1 0.3 1 3 10 30 100 300 1000")]
    [InlineData(1, 100_000, 8, "1 10 100 1000 10k 100k")]
    [InlineData(1e-7, 1e-2, 8, "10⁻⁷ 10⁻⁶ 10⁻⁵ 10⁻⁴ 10⁻³ 10⁻²")]
    [InlineData(1e-30, 1e30, 5, "10⁻²⁶ 10⁻¹³ 10⁰ 10¹³ 10²⁶")]
    [InlineData(2e-6, 6e-5, 8, "2·10⁻⁶ 5·10⁻⁶ 10⁻⁵ 2·10⁻⁵ 5·10⁻⁵")]
    [InlineData(1.2, 1.8, 4, "1.2 1.4 1.6 1.8")]
    public void Logarithmic_ticks_are_at_powers_of_ten_with_others_between_where_there_is_room(double low, double high, int most, string labels) =>
        Assert.Equal(labels, string.Join(' ', Ticks.Logarithmic(low, high, most).Select(tick => tick.Label)));

    [Fact]
    public void Small_marks_are_at_2_to_9_times_each_power() => Assert.Equal(
        [0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20], Ticks.Minor(0.45, 25));

    private static double Read(string label)
    {
        var factor = label[^1] switch
        {
            'k' => 1e3,
            'M' => 1e6,
            'G' => 1e9,
            'T' => 1e12,
            _ => 1,
        };
        return factor * double.Parse(label.TrimEnd('k', 'M', 'G', 'T').Replace('−', '-'), CultureInfo.InvariantCulture);
    }
}
