using System.Globalization;
using System.Text;
using System.Xml;

namespace PreferenceLosses.Charts;

/// <summary>Where in relation to its place a text stands.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>Writes the elements that charts are made of. The same drawing gives the same bytes.</summary>
internal sealed class SvgWriter : IDisposable
{
    private const string Namespace = "http://www.w3.org/2000/svg";
    private const string Fonts = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

    private readonly StringBuilder text = new();
    private readonly XmlWriter xml;

    public SvgWriter(double width, double height, Theme theme, string title)
    {
        xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, Indent = true, IndentChars = " ", NewLineChars = "\n" });
        xml.WriteStartElement("svg", Namespace);
        Attribute("width", width);
        Attribute("height", height);
        Attribute("viewBox", $"0 0 {Number(width)} {Number(height)}");
        Attribute("role", "img");
        Attribute("class", Palette.ClassOf(theme));
        Attribute("font-family", Fonts);
        Title(title);
        xml.WriteElementString("style", Namespace, "\n" + Palette.StyleSheet(theme));
        Element("rect", ("width", width), ("height", height), ("class", Palette.Prefix + "background"));
    }

    /// <summary>A number with the digits that a drawing needs.</summary>
    public static string Number(double value)
    {
        var rounded = Math.Round(value, 2);
        return (rounded == 0 ? 0 : rounded).ToString("0.##", CultureInfo.InvariantCulture);
    }

    /// <summary>The whole drawing, which is then finished.</summary>
    public string Finish()
    {
        xml.WriteEndElement();
        xml.Flush();
        return text.Append('\n').ToString();
    }

    public void Begin(string name, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        xml.WriteStartElement(name, Namespace);
        foreach (var (attribute, value) in attributes)
        {
            Attribute(attribute, value);
        }
    }

    public void End() => xml.WriteEndElement();

    public void Element(string name, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        Begin(name, attributes);
        End();
    }

    /// <summary>What a reader is told who points at the element that was begun.</summary>
    public void Title(string title)
    {
        if (title.Length > 0)
        {
            xml.WriteElementString("title", Namespace, title);
        }
    }

    /// <summary>A line of text.</summary>
    /// <param name="x">Where it stands.</param>
    /// <param name="y">The line that its letters stand on.</param>
    /// <param name="content">What it says.</param>
    /// <param name="fontSize">In pixels.</param>
    /// <param name="anchor">What of it is at x.</param>
    /// <param name="style">"text" or "muted".</param>
    /// <param name="room">How wide it may be; of a longer text the beginning is shown, and all of it to a reader who points at it.</param>
    /// <param name="isUpward">Whether it is turned to be read upwards.</param>
    /// <param name="isBold">Whether it is bold.</param>
    /// <param name="hasHalo">Whether a rim of the background keeps it apart from lines that it stands on.</param>
    public void Text(
        double x, double y, string content, double fontSize, Anchor anchor = Anchor.Start, string style = "text",
        double room = double.PositiveInfinity, bool isUpward = false, bool isBold = false, bool hasHalo = false)
    {
        var shown = PlainText.Shortened(content, fontSize, room);
        if (shown.Length == 0)
        {
            return;
        }

        Begin("text", ("x", x), ("y", y), ("font-size", fontSize), ("class", Palette.Prefix + style + (hasHalo ? $" {Palette.Prefix}halo" : "")));
        if (anchor != Anchor.Start)
        {
            Attribute("text-anchor", anchor == Anchor.Middle ? "middle" : "end");
        }

        if (isBold)
        {
            Attribute("font-weight", "600");
        }

        if (hasHalo)
        {
            Attribute("stroke-width", 3.0);
            Attribute("stroke-linejoin", "round");
            Attribute("paint-order", "stroke");
        }

        if (isUpward)
        {
            Attribute("transform", $"rotate(-90 {Number(x)} {Number(y)})");
        }

        if (shown != content)
        {
            Title(content);
        }

        xml.WriteString(shown);
        End();
    }

    public void Dispose() => xml.Dispose();

    private void Attribute(string name, object value) =>
        xml.WriteAttributeString(name, value is double number ? Number(number) : Convert.ToString(value, CultureInfo.InvariantCulture));
}
