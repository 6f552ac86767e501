using System.Globalization;
using System.Xml.Linq;

namespace PreferenceLosses.Charts.Tests;

/// <summary>A chart as what it drew, for tests to look at.</summary>
internal sealed class Drawn
{
    public static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public Drawn(Chart chart)
        : this(chart.ToSvg())
    {
    }

    public Drawn(string svg)
    {
        Source = svg;
        Root = XDocument.Parse(svg).Root!;
    }

    public string Source { get; }

    public XElement Root { get; }

    public double Width => Number(Root, "width");

    public double Height => Number(Root, "height");

    public IEnumerable<XElement> Texts => Root.Descendants(Svg + "text");

    /// <summary>The frame: the inner drawing that cuts lines off.</summary>
    public XElement Frame => Assert.Single(Root.Descendants(Svg + "svg"));

    /// <summary>The paths of lines of series within the frame.</summary>
    public IEnumerable<string> Lines => Frame.Descendants(Svg + "path").Where(path => (string?)path.Attribute("stroke-width") == "1.8").Select(path => (string)path.Attribute("d")!);

    /// <summary>The places of markers of points, without those of the legend.</summary>
    public IEnumerable<(double X, double Y)> Markers => Root.Descendants(Svg + "path")
        .Where(path => path.Attribute("transform") is not null)
        .Select(path => ((string)path.Attribute("transform")!)["translate(".Length..^1].Split(' '))
        .Select(place => (Parsed(place[0]), Parsed(place[1])))
        .Where(place => place.Item1 <= Number(Frame, "x") + Number(Frame, "width"));

    /// <summary>What a text says, without the title that a reader sees who points at it.</summary>
    public static string Said(XElement text) => string.Concat(text.Nodes().OfType<XText>().Select(node => node.Value));

    public static double Number(XElement element, string name) => Parsed((string)element.Attribute(name)!);

    public static double Parsed(string number) => double.Parse(number, CultureInfo.InvariantCulture);
}
