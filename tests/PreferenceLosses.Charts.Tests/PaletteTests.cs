namespace PreferenceLosses.Charts.Tests;

/// <summary>Colours can be seen on their background, and be told apart by readers who do not see red or green.</summary>
public class PaletteTests
{
    public static TheoryData<string> Themes => ["light", "dark"];

    // WCAG 2.1: 4.5 for text (1.4.3), 3 for what is drawn (1.4.11).
    [Theory]
    [MemberData(nameof(Themes))]
    public void Contrast_is_enough(string theme)
    {
        var palette = Of(theme);
        Assert.All([palette.Text, palette.Muted], colour => Assert.True(Contrast(colour, palette.Background) >= 4.5, colour));
        Assert.All(palette.Series, colour => Assert.True(Contrast(colour, palette.Background) >= 3, $"{colour}: {Contrast(colour, palette.Background)}"));
    }

    // Distances in CIE L*a*b* after the simulation of Machado, Oliveira and Fernandes (2009), severity 1. About 2.3 is just noticeable; 20 is plain.
    [Theory]
    [MemberData(nameof(Themes))]
    public void Series_stay_apart_for_every_reader(string theme)
    {
        double[][][] readers =
        [
            [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]], // no red
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]], // no green
        ];
        var series = Of(theme).Series;
        foreach (var reader in readers)
        {
            for (var i = 0; i < series.Length; i++)
            {
                for (var k = 0; k < i; k++)
                {
                    var (a, b) = (Lab(Times(reader, Linear(series[i]))), Lab(Times(reader, Linear(series[k]))));
                    var distance = Math.Sqrt(a.Zip(b, (p, q) => (p - q) * (p - q)).Sum());
                    Assert.True(distance >= 20, $"{series[i]} and {series[k]} are {distance} apart.");
                }
            }
        }
    }

    [Fact]
    public void Forty_nine_series_differ_in_colour_or_marker_and_twenty_eight_in_colour_or_dashes()
    {
        Assert.Equal(49, Enumerable.Range(0, 49).Select(i => (Markers.ClassOf(i), Markers.ShapeOf(i))).Distinct().Count());
        Assert.Equal(28, Enumerable.Range(0, 28).Select(i => (Markers.ClassOf(i), Markers.DashesOf(i))).Distinct().Count());
        Assert.Equal(Palette.Light.Series.Length, Palette.Dark.Series.Length);
    }

    private static Palette Of(string theme) => theme == "light" ? Palette.Light : Palette.Dark;

    private static double Contrast(string a, string b)
    {
        double[] lights = [Luminance(a), Luminance(b)];
        return (lights.Max() + 0.05) / (lights.Min() + 0.05);
    }

    private static double Luminance(string colour) => Linear(colour) is [var red, var green, var blue] ? (0.2126 * red) + (0.7152 * green) + (0.0722 * blue) : double.NaN;

    private static double[] Linear(string colour) =>
    [
        .. Convert.FromHexString(colour.AsSpan(1)).Select(value => value / 255.0)
            .Select(value => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4)),
    ];

    private static double[] Times(double[][] matrix, double[] colour) => [.. matrix.Select(row => Math.Clamp(row.Zip(colour, (p, q) => p * q).Sum(), 0, 1))];

    private static double[] Lab(double[] colour)
    {
        double[][] xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]];
        double[] white = [0.95047, 1, 1.08883];
        var f = xyz.Select(row => row.Zip(colour, (p, q) => p * q).Sum()).Zip(white, (value, one) => value / one)
            .Select(share => share > 0.008856 ? Math.Cbrt(share) : (7.787 * share) + (16.0 / 116)).ToArray();
        return [(116 * f[1]) - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])];
    }
}
