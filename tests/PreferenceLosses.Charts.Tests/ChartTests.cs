using System.Xml.Linq;

namespace PreferenceLosses.Charts.Tests;

/// <summary>What a chart draws of its data.</summary>
public class ChartTests
{
    private static readonly Chart Small = new()
    {
        Title = "Reward against KL",
        X = new("KL (nats)") { Scale = AxisScale.Logarithmic },
        Y = new("reward"),
        Width = 480,
        Height = 300,
        Series =
        [
            new("dpo", new(0.1, 0.85) { YInterval = new(0.8, 0.9), Label = "β = 5" }, new(1, 0.97) { XInterval = new(0.8, 1.3) }) { Style = SeriesStyle.LineAndMarkers },
            new("slic", new(0.1, 0.7), new(0.5, double.NaN), new(1, 0.8), new(2, 0.9)),
        ],
    };

    [Fact]
    public void A_small_chart_is_the_committed_one_byte_for_byte()
    {
        var golden = Path.Combine(AppContext.BaseDirectory, "Golden", "small.svg");
        Assert.Equal(File.ReadAllText(golden), Small.ToSvg());
    }

    // Places by hand: the frame is from (x, y) by (width, height); the axis ends 4 % beyond the data.
    [Fact]
    public void Points_stand_where_their_numbers_are()
    {
        var drawn = new Drawn(new Chart { Series = [new("", new(0, 0), new(10, 100), new(5, 25)) { Style = SeriesStyle.Markers }] });
        var (left, top, width, height) = (Drawn.Number(drawn.Frame, "x"), Drawn.Number(drawn.Frame, "y"), Drawn.Number(drawn.Frame, "width"), Drawn.Number(drawn.Frame, "height"));
        (double X, double Y)[] expected = [(0.04 / 1.08, 1.04 / 1.08), (1.04 / 1.08, 0.04 / 1.08), (0.54 / 1.08, 0.79 / 1.08)];
        foreach (var (place, share) in drawn.Markers.Zip(expected))
        {
            Assert.Equal(left + (share.X * width), place.X, 0.02);
            Assert.Equal(top + (share.Y * height), place.Y, 0.02);
        }

        Assert.Equal(3, drawn.Markers.Count());
    }

    [Fact]
    public void On_a_logarithmic_axis_equal_ratios_are_equally_far_apart()
    {
        var drawn = new Drawn(new Chart { X = new("") { Scale = AxisScale.Logarithmic }, Series = [new("", new(0.01, 0), new(1, 0), new(100, 0)) { Style = SeriesStyle.Markers }] });
        var places = drawn.Markers.Select(place => place.X).ToArray();
        Assert.Equal(places[1] - places[0], places[2] - places[1], 0.02);
    }

    [Fact]
    public void A_number_that_is_not_finite_is_a_gap()
    {
        var series = new Series("s", new(0, 1), new(1, 2), new(2, double.NaN), new(3, 1), new(double.PositiveInfinity, 1), new(5, 3)) { Style = SeriesStyle.LineAndMarkers };
        var drawn = new Drawn(new Chart { Series = [series] });
        Assert.Equal(2, Assert.Single(drawn.Lines).Count(letter => letter is 'M' or 'L'));
        Assert.Equal(4, drawn.Markers.Count());
        Assert.Equal(2, new Drawn(new Chart { Series = [series with { Style = SeriesStyle.Line }] }).Markers.Count()); // those that no line shows
        Assert.DoesNotContain("NaN", drawn.Source, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", drawn.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_beyond_a_fixed_range_is_cut_off()
    {
        var chart = new Chart
        {
            Y = new("") { Minimum = 0, Maximum = 1 },
            Series = [new("s", new(0, 0.5) { Label = "inside" }, new(1, 1e300) { Label = "outside" }, new(2, 1)) { Style = SeriesStyle.LineAndMarkers }],
        };
        var drawn = new Drawn(chart);
        Assert.Equal(2, drawn.Markers.Count());
        Assert.Contains(drawn.Texts, text => text.Value == "inside");
        Assert.DoesNotContain(drawn.Texts, text => text.Value == "outside");
        Assert.Equal(["0", "0.2", "0.4", "0.6", "0.8", "1.0"], drawn.Texts.Select(text => text.Value).Where(text => text is "0" or "1.0" || text.StartsWith("0.", StringComparison.Ordinal)).TakeLast(6));
        Assert.True(drawn.Frame.Attribute("overflow") is null); // which cuts off, by the standard's style sheet
    }

    [Fact]
    public void A_chart_without_data_says_so()
    {
        foreach (var chart in new[] { new Chart(), new Chart { Series = [new("empty"), new("gaps", new ChartPoint(double.NaN, 1))] }, new Chart { X = new("x") { Scale = AxisScale.Logarithmic } } })
        {
            Assert.Contains(new Drawn(chart).Texts, text => text.Value == "no data");
        }

        Assert.DoesNotContain(new Drawn(Small).Texts, text => text.Value == "no data");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_logarithmic_axis_refuses_what_is_not_positive_and_says_where(double value)
    {
        var chart = new Chart { Y = new("loss") { Scale = AxisScale.Logarithmic } };
        var error = Assert.Throws<ArgumentException>(() => (chart with { Series = [new("a", new ChartPoint(1, 2)), new("bad", new(1, 2), new(2, value))] }).ToSvg());
        Assert.Contains($"Point 1 of series 'bad' is at y = {value}", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => (chart with { Series = [new("a", new ChartPoint(1, 2) { YInterval = new(value, 3) })] }).ToSvg());
        Assert.Throws<ArgumentException>(() => (chart with { Y = new("") { Scale = AxisScale.Logarithmic, Minimum = value } }).ToSvg());
    }

    [Fact]
    public void Axes_that_are_no_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Chart { X = new("") { Minimum = 1, Maximum = 1 } }.ToSvg());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Axis("") { Minimum = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Chart { Width = 10 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Chart { Height = 10 });
        Assert.Throws<ArgumentException>(() => Series.Of("s", [1, 2], [1]));
    }

    // One number alone, equal ones, the largest and the smallest that there are, and ends that leave the data outside.
    [Fact]
    public void Any_finite_numbers_can_be_drawn()
    {
        double[][] columns = [[5], [0], [3, 3], [-2, -2], [double.MaxValue, double.MinValue], [double.Epsilon, 0], [1e-320, 1e300], [1, 1 + 1e-15], [1e17, 1e17 + 16]];
        foreach (var column in columns)
        {
            var drawn = new Drawn(new Chart { Series = [Series.Of("s", [.. Enumerable.Range(0, column.Length).Select(i => (double)i)], column)] });
            Assert.DoesNotContain("NaN", drawn.Source, StringComparison.Ordinal);
            if (column.All(value => value > 0))
            {
                Assert.DoesNotContain("NaN", new Chart { Y = new("") { Scale = AxisScale.Logarithmic }, Series = [Series.Of("s", column, column)] }.ToSvg(), StringComparison.Ordinal);
            }
        }

        Assert.DoesNotContain("NaN", new Chart { X = new("") { Minimum = 100 }, Y = new("") { Maximum = -5 }, Series = [new("s", new(1, 1), new(2, 2))] }.ToSvg(), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_anywhere_are_text_and_nothing_else()
    {
        const string evil = "</text><script>alert(1)</script> & \"x\" ]]> \u0000\u0007\u202e\ud800 a\nb";
        var drawn = new Drawn(new Chart
        {
            Title = evil,
            X = new(evil),
            Y = new(evil),
            Series = [new(evil, new ChartPoint(1, 1) { Label = evil }, new(2, 3)) { Style = SeriesStyle.LineAndMarkers }],
        });
        Assert.DoesNotContain(drawn.Root.DescendantsAndSelf(), element => element.Name.LocalName == "script");
        Assert.DoesNotContain(drawn.Source, letter => char.IsControl(letter) && letter != '\n');
        Assert.Contains(drawn.Texts.Descendants(Drawn.Svg + "title").Append(drawn.Root.Element(Drawn.Svg + "title")!), title =>
            title.Value == "</text><script>alert(1)</script> & \"x\" ]]> \ufffd a b");
    }

    [Fact]
    public void Themes_have_their_colours_and_Automatic_has_both()
    {
        var (light, dark, automatic) = ((Small with { Theme = Theme.Light }).ToSvg(), (Small with { Theme = Theme.Dark }).ToSvg(), Small.ToSvg());
        Assert.Contains(Palette.Light.Background, light, StringComparison.Ordinal);
        Assert.DoesNotContain(Palette.Dark.Background, light, StringComparison.Ordinal);
        Assert.Contains(Palette.Dark.Background, dark, StringComparison.Ordinal);
        Assert.DoesNotContain(Palette.Light.Background, dark, StringComparison.Ordinal);
        var media = automatic.IndexOf("@media (prefers-color-scheme: dark)", StringComparison.Ordinal);
        Assert.InRange(automatic.IndexOf(Palette.Light.Background, StringComparison.Ordinal), 0, media);
        Assert.True(automatic.IndexOf(Palette.Dark.Background, StringComparison.Ordinal) > media);
        Assert.DoesNotContain("prefers-color-scheme", light + dark, StringComparison.Ordinal);
    }

    // A spike of one point among 300,000 is there at its place, and the drawing stays small.
    [Fact]
    public void Many_points_are_thinned_and_no_spike_is_lost()
    {
        const int count = 300_000;
        var x = Enumerable.Range(0, count).Select(i => (double)i).ToArray();
        var y = x.Select(i => Math.Sin(i)).ToArray();
        y[123_456] = 20;
        y[234_567] = -10;
        var drawn = new Drawn(new Chart { Series = [Series.Of("s", x, y)] });
        Assert.InRange(drawn.Source.Length, 1000, 100_000);
        var places = Assert.Single(drawn.Lines)[1..].Split('L').Select(place => place.Split(' ')).Select(place => (X: Drawn.Parsed(place[0]), Y: Drawn.Parsed(place[1]))).ToArray();
        var (left, top, width, height) = (Drawn.Number(drawn.Frame, "x"), Drawn.Number(drawn.Frame, "y"), Drawn.Number(drawn.Frame, "width"), Drawn.Number(drawn.Frame, "height"));
        var highest = places.MinBy(place => place.Y);
        var lowest = places.MaxBy(place => place.Y);
        Assert.Equal(left + (((123_456.0 / (count - 1)) + 0.04) / 1.08 * width), highest.X, 0.02);
        Assert.Equal(top + (0.04 / 1.08 * height), highest.Y, 0.02);
        Assert.Equal(left + (((234_567.0 / (count - 1)) + 0.04) / 1.08 * width), lowest.X, 0.02);

        // Markers hide each other: of 300,000 no more are drawn than there are pixels.
        var cloud = new Drawn(new Chart { Width = 320, Height = 200, Series = [Series.Of("", x, y) with { Style = SeriesStyle.Markers }] });
        Assert.InRange(cloud.Markers.Count(), 1000, Drawn.Number(cloud.Frame, "width") * Drawn.Number(cloud.Frame, "height"));
        Assert.Contains(cloud.Markers, place => Math.Abs(place.Y - (Drawn.Number(cloud.Frame, "y") + (0.04 / 1.08 * Drawn.Number(cloud.Frame, "height")))) < 0.02);

        // In its column of pixels the line goes through both ends and both extremes, in order.
        List<(double, double)> column = [(7.1, 3), (7.2, 9), (7.3, 5), (7.4, 1), (7.5, 4), (7.6, 5), (8.0, 2)];
        Assert.Equal([(7.1, 3), (7.2, 9), (7.4, 1), (7.6, 5), (8.0, 2)], Thinning.Line(column));
    }

    [Fact]
    public void Intervals_are_bars_or_a_band()
    {
        ChartPoint[] points = [new(1, 2) { YInterval = new(1, 3) }, new(2, 3) { YInterval = new(2, double.PositiveInfinity) }, new(3, 3) { YInterval = new(2, double.NaN) }];
        var bars = new Drawn(new Chart { Series = [new("s", [.. points])] });
        var d = (string)bars.Frame.Descendants(Drawn.Svg + "path").Single(path => (string?)path.Attribute("stroke-width") == "1.2").Attribute("d")!;
        Assert.Equal(2 * 3, d.Count(letter => letter == 'M')); // each a bar and two caps; the third has no end
        var band = new Drawn(new Chart { Series = [new("s", [.. points]) { Intervals = IntervalStyle.Band }] });
        var area = Assert.Single(band.Frame.Descendants(Drawn.Svg + "path"), path => path.Attribute("fill-opacity") is not null);
        Assert.Equal(4, ((string)area.Attribute("d")!).Count(letter => letter is 'M' or 'L'));
        Assert.DoesNotContain("NaN", bars.Source + band.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_grid_puts_charts_side_by_side()
    {
        var drawn = new Drawn(new ChartGrid(2, Small, Small with { Width = 400 }, Small) { Title = "All", Theme = Theme.Dark }.ToSvg());
        Assert.Equal((880, 34 + 600), (drawn.Width, drawn.Height));
        Assert.Equal(
            ["translate(0 34)", "translate(480 34)", "translate(0 334)"],
            drawn.Root.Elements(Drawn.Svg + "g").Select(cell => (string)cell.Attribute("transform")!));
        Assert.Equal("plc-dark", (string?)drawn.Root.Attribute("class"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChartGrid(0));
        Assert.Equal(320, new Drawn(new ChartGrid(3).ToSvg()).Width);
    }

    [Fact]
    public void A_chart_is_saved_as_UTF_8_without_a_mark()
    {
        var path = Path.GetTempFileName();
        try
        {
            Small.Save(path);
            Assert.Equal((byte)'<', File.ReadAllBytes(path)[0]);
            Assert.Equal(Small.ToSvg(), File.ReadAllText(path));
            Assert.Equal("svg", XDocument.Load(path).Root!.Name.LocalName);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A training that diverged may have nothing but such numbers.</summary>
    [Theory]
    [InlineData(AxisScale.Linear, 1e308)]
    [InlineData(AxisScale.Linear, -1e308)]
    [InlineData(AxisScale.Logarithmic, 1e308)]
    [InlineData(AxisScale.Logarithmic, double.Epsilon)]
    public void The_largest_and_the_smallest_number_alone_have_an_axis(AxisScale scale, double value) =>
        Assert.Contains("<svg", new Chart { Y = new("") { Scale = scale }, Series = [new("", new ChartPoint(1, value), new ChartPoint(2, value))] }.ToSvg(), StringComparison.Ordinal);
}
