namespace PreferenceLosses.Charts.Tests;

/// <summary>What is where in a picture of curves.</summary>
public class CurvePictureTests
{
    private const string Blue = "#004bc8";
    private const string Orange = "#e27406";
    private const string White = "#ffffff";
    private const string Axis = "#1f2328";
    private const string Grid = "#dfe3e8";

    private static DecodedPng Drawn(params Series[] series) => new(new CurvePicture(new CurvePanel([.. series])) { Width = 200, PanelHeight = 100 }.ToPng());

    /// <summary>The end is empty, so its check sum is known.</summary>
    [Fact]
    public void A_file_ends_as_every_PNG_does() =>
        Assert.EndsWith("0000000049454E44AE426082", Convert.ToHexString(new CurvePicture(new CurvePanel()).ToPng()), StringComparison.Ordinal);

    // By hand: the frame is from 15 to 189 and from 10 to 84; the axes end 4 % beyond the data. A line is two pixels thick, to the right and below.
    [Fact]
    public void A_curve_is_where_its_numbers_are()
    {
        var picture = Drawn(Series.Of("rising", [0, 100], [0, 1]));
        Assert.Equal((200, 100), (picture.Width, picture.Height));
        var drawn = picture.Of(Blue).ToArray();
        foreach (var share in new[] { 0, 0.25, 0.5, 0.75, 1 })
        {
            var (x, y) = (15 + ((0.04 + share) / 1.08 * 174), 84 - ((0.04 + share) / 1.08 * 74));
            Assert.Contains(drawn, place => Math.Abs(place.X - x) <= 1 && Math.Abs(place.Y - y) <= 1);
        }

        // 2 rows of pixels from the one end to the other, and nothing of it above or below the diagonal.
        Assert.Equal((21, 184), (drawn.Min(place => place.X), drawn.Max(place => place.X)));
        Assert.Equal((13, 82), (drawn.Min(place => place.Y), drawn.Max(place => place.Y)));
        Assert.All(drawn, place => Assert.InRange(place.Y - (84 - ((place.X - 15) / 174.0 * 74)), -1.5, 2.5));
        Assert.All(Enumerable.Range(22, 162), x => Assert.InRange(drawn.Count(place => place.X == x), 2, 3));
    }

    /// <summary>A mark on the axis and a grid line for each number, and the numbers are those that are told.</summary>
    [Fact]
    public void The_marks_are_at_the_numbers_that_are_told()
    {
        var panel = new CurvePanel(Series.Of("", [0, 100], [0, 1]));
        Assert.Equal("0 20 40 60 80 100", string.Join(" ", panel.XTicks));
        Assert.Equal("0 0.5 1", string.Join(" ", panel.YTicks));
        var picture = new DecodedPng(new CurvePicture(panel) { Width = 200, PanelHeight = 100 }.ToPng());
        var below = Enumerable.Range(0, 200).Where(x => picture[x, 88] == Axis).ToArray();
        Assert.Equal(panel.XTicks.Select(tick => (int)Math.Round(15 + ((4 + tick) / 108 * 174), MidpointRounding.AwayFromZero)), below);
        Assert.All(below, x => Assert.Equal(Grid, picture[x, 10]));
        var left = Enumerable.Range(0, 100).Where(y => picture[11, y] == Axis).Reverse().ToArray();
        Assert.Equal(panel.YTicks.Select(tick => (int)Math.Round(84 - ((0.04 + tick) / 1.08 * 74), MidpointRounding.AwayFromZero)), left);
        Assert.Equal(White, picture[0, 0]);
    }

    [Fact]
    public void Series_have_their_colours_and_the_last_is_on_top()
    {
        var picture = Drawn(Series.Of("a", [0, 1], [0, 0]), Series.Of("b", [0, 0.5], [0, 0]), Series.Of("c", [0, 1], [1, 1]));
        var (blue, orange) = (picture.Of(Blue).ToArray(), picture.Of(Orange).ToArray());
        Assert.True(orange.Max(place => place.X) < blue.Max(place => place.X));
        Assert.DoesNotContain(blue, place => place.X < orange.Max(other => other.X));
        Assert.Equal(blue.Select(place => place.Y).Distinct().Order(), orange.Select(place => place.Y).Distinct().Order());
        Assert.NotEmpty(picture.Of("#06a675"));
    }

    [Fact]
    public void What_is_not_finite_is_a_gap_and_a_point_alone_is_seen()
    {
        var picture = Drawn(Series.Of("", [0, 1, 2, 3, 4], [5, 5, double.NaN, double.PositiveInfinity, 5]));
        var columns = picture.Of(Blue).Select(place => place.X).Distinct().Order().ToArray();
        var gaps = columns.Zip(columns.Skip(1)).Where(pair => pair.Second - pair.First > 1).ToArray();
        var gap = Assert.Single(gaps);
        Assert.Equal(3 / 4.32 * 174, gap.Second - gap.First, 2.5);
        Assert.Equal(2, columns.Count(x => x >= gap.Second));
    }

    [Fact]
    public void Any_numbers_can_be_drawn()
    {
        foreach (var values in new double[][] { [], [double.NaN], [7], [0, 0], [double.MinValue, double.MaxValue], [1e308], [-1e308, -1e308], [double.Epsilon, -double.Epsilon], [1e15, 1e15 + 1] })
        {
            var picture = Drawn(Series.Of("", Enumerable.Range(0, values.Length).Select(i => (double)i).ToArray(), values));
            Assert.Equal(values.Any(double.IsFinite), picture.Of(Blue).Any());
        }
    }

    [Fact]
    public void Panels_stand_one_below_the_other_with_axes_of_their_own()
    {
        var (small, large) = (new CurvePanel(Series.Of("", [0, 1], [0, 1])), new CurvePanel(Series.Of("", [0, 1], [0, 1000])));
        var picture = new DecodedPng(new CurvePicture(small, large).ToPng());
        Assert.Equal((480, 320), (picture.Width, picture.Height));
        var places = picture.Of(Blue).ToHashSet();
        Assert.Equal(places.Where(place => place.Y < 160).Select(place => (place.X, place.Y + 160)), places.Where(place => place.Y >= 160));
    }

    [Fact]
    public void A_picture_has_a_panel_and_is_not_too_small()
    {
        Assert.Contains("one panel", Assert.Throws<ArgumentException>(() => new CurvePicture()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurvePicture(new CurvePanel()) { Width = 99 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurvePicture(new CurvePanel()) { PanelHeight = 59 });
    }

    [Fact]
    public void The_same_curves_give_the_same_bytes_and_few()
    {
        var steps = Enumerable.Range(0, 200).Select(i => (double)i).ToArray();
        CurvePanel Panel(int k) => new(Series.Of("a", steps, steps.Select(x => Math.Sin(x * k)).ToArray()), Series.Of("b", steps, steps.Select(x => Math.Cos(x)).ToArray()));
        var first = new CurvePicture(Panel(1), Panel(2), Panel(3)).ToPng();
        Assert.Equal(first, new CurvePicture(Panel(1), Panel(2), Panel(3)).ToPng());
        Assert.InRange(first.Length, 1000, 20_000);
    }
}
