using System.Xml.Linq;

namespace PreferenceLosses.Charts.Tests;

/// <summary>Nothing is cut off at the edge of a chart, and nothing that has to be read lies on something else. Widths are estimated, rather wide.</summary>
public class LayoutTests
{
    public static TheoryData<string> Charts => [.. All.Keys];

    private static Dictionary<string, Chart> All { get; } = new()
    {
        ["empty"] = new() { Title = "Nothing", X = new("x"), Y = new("y") },
        ["bare"] = new() { Series = [new("", new(1, 2), new(3, 4))] },
        ["smallest"] = new() { Width = 320, Height = 200, Title = "Title", X = new("x"), Y = new("y"), Series = [new("a series with a long name", new(1e9, 2e-7), new(3e9, 4e-7))] },
        ["thirty"] = new()
        {
            Title = new string('W', 90),
            X = new("a long label of the horizontal axis, with many more words in it than can be shown here or anywhere"),
            Y = new("a long label of the vertical axis, with many more words in it than can be shown here or anywhere, even in a chart as high as this one has to be"),
            Width = 420,
            Height = 300,
            Series = [.. Enumerable.Range(0, 30).Select(i => Series.Of($"series {i} {new string('m', i)}", [0, 1, 2], [i, i + 1, i * 1.5]))],
        },
        ["labels"] = new()
        {
            Title = "Labels",
            X = new("KL"),
            Y = new("reward"),
            Series = [new("s", [.. Enumerable.Range(0, 200).Select(i => new ChartPoint(Math.Sin(i), Math.Cos(i * 1.1)) { Label = $"label {i}" })]) { Style = SeriesStyle.Markers }],
        },
        ["logarithmic"] = new()
        {
            X = new("learning rate") { Scale = AxisScale.Logarithmic },
            Y = new("loss") { Scale = AxisScale.Logarithmic },
            Series = [Series.Of("日本語の名前 and a long name", [1e-12, 1, 1e12], [1e-7, 1e-6, 1e-3])],
        },
        ["large"] = new() { Width = 340, X = new("step"), Series = [Series.Of("s", [123_456_789, 123_456_799], [-1e-5, 1e15])] },
    };

    [Theory]
    [MemberData(nameof(Charts))]
    public void Every_text_is_inside(string name)
    {
        var drawn = new Drawn(All[name]);
        foreach (var (text, left, top, right, bottom) in Boxes(drawn))
        {
            Assert.True(left >= 0 && top >= 0 && right <= drawn.Width && bottom <= drawn.Height, $"{text} is from ({left}, {top}) to ({right}, {bottom}).");
        }
    }

    [Theory]
    [MemberData(nameof(Charts))]
    public void No_text_lies_on_another(string name)
    {
        var boxes = Boxes(new Drawn(All[name])).ToArray();
        for (var i = 0; i < boxes.Length; i++)
        {
            for (var k = 0; k < i; k++)
            {
                var (a, b) = (boxes[i], boxes[k]);
                Assert.False(a.Left < b.Right && b.Left < a.Right && a.Top < b.Bottom && b.Top < a.Bottom, $"{a} and {b}");
            }
        }
    }

    [Fact]
    public void The_legend_is_beside_the_frame_and_has_every_name()
    {
        var drawn = new Drawn(All["thirty"]);
        var frameRight = Drawn.Number(drawn.Frame, "x") + Drawn.Number(drawn.Frame, "width");
        var entries = drawn.Texts.Where(text => Drawn.Said(text).StartsWith("series", StringComparison.Ordinal)).ToArray();
        Assert.Equal(30, entries.Length);
        Assert.All(entries, entry => Assert.True(Drawn.Number(entry, "x") > frameRight));
        Assert.Equal($"series 29 {new string('m', 29)}", entries[29].Element(Drawn.Svg + "title")!.Value); // shown shortened
        Assert.True(Drawn.Number(drawn.Frame, "width") > 150);
    }

    [Fact]
    public void Some_labels_find_room_and_the_others_are_left_out()
    {
        var shown = new Drawn(All["labels"]).Texts.Count(text => text.Value.StartsWith("label ", StringComparison.Ordinal));
        Assert.InRange(shown, 40, 199);
    }

    private static IEnumerable<(string Text, double Left, double Top, double Right, double Bottom)> Boxes(Drawn drawn)
    {
        foreach (XElement text in drawn.Texts)
        {
            var size = Drawn.Number(text, "font-size");
            var width = PlainText.Width(Drawn.Said(text), size);
            var (x, y) = (Drawn.Number(text, "x"), Drawn.Number(text, "y"));
            var start = (string?)text.Attribute("text-anchor") switch
            {
                "middle" => -width / 2,
                "end" => -width,
                _ => 0,
            };

            // A text that is read upwards goes up from its place instead of to the right.
            yield return text.Attribute("transform") is null
                ? (Drawn.Said(text), x + start, y - (size * 0.75), x + start + width, y + (size * 0.2))
                : (Drawn.Said(text), x - (size * 0.75), y - start - width, x + (size * 0.2), y - start);
        }
    }
}
