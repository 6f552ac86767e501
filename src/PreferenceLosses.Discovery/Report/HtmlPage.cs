using System.Globalization;
using System.Text;
using System.Xml;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Writes one HTML page that needs nothing else: no script, no font, no picture from elsewhere, which its content security policy holds the browser to. Every text goes
/// through <see cref="UntrustedText"/> and an XML writer, so that none of it becomes markup; drawings are the only markup that is taken as it is.
/// </summary>
internal sealed class HtmlPage : IDisposable
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    private const string Style = """

        :root { color-scheme: light dark; --text: #1c1d20; --muted: #5c6066; --back: #ffffff; --line: #d8dade; --code: #f4f5f7; --good: #0b6b3a; --bad: #a12622 }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e6e7ea; --muted: #a2a7ae; --back: #17181b; --line: #3a3d43; --code: #22242a; --good: #6bd09a; --bad: #ff9a92 }
        }
        body { font: 15px/1.5 system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; color: var(--text); background: var(--back); margin: 2em auto; padding: 0 1em; max-width: 60em }
        h1 { font-size: 1.6em } h2 { font-size: 1.25em; margin-top: 2em; border-bottom: 1px solid var(--line) } h3 { font-size: 1.05em; margin-top: 1.6em }
        table { border-collapse: collapse; margin: 1em 0 } th, td { text-align: left; padding: .2em .9em .2em 0; vertical-align: top; border-bottom: 1px solid var(--line) }
        pre { background: var(--code); padding: .7em; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, Consolas, monospace }
        blockquote { margin: .5em 0; padding-left: .9em; border-left: 3px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere }
        svg { max-width: 100%; height: auto } a { color: inherit } .muted { color: var(--muted) } .good { color: var(--good) } .bad { color: var(--bad) } td { overflow-wrap: anywhere }

        """;

    private readonly StringBuilder page = new("<!DOCTYPE html>\n");
    private readonly XmlWriter xml;

    public HtmlPage(string title)
    {
        xml = XmlWriter.Create(page, new XmlWriterSettings { OmitXmlDeclaration = true, NewLineChars = "\n" });
        xml.WriteStartElement("html");
        xml.WriteAttributeString("lang", "en");
        xml.WriteStartElement("head");
        Meta("charset", "utf-8");
        Meta("http-equiv", "Content-Security-Policy", Policy);
        Meta("name", "viewport", "width=device-width, initial-scale=1");
        Text("title", title);
        xml.WriteStartElement("style");
        xml.WriteRaw(Style);
        xml.WriteFullEndElement();
        xml.WriteFullEndElement();
        xml.WriteStartElement("body");
    }

    /// <summary>The whole page, which is then finished.</summary>
    public string Finish()
    {
        xml.WriteFullEndElement();
        xml.WriteFullEndElement();
        xml.Flush();
        return page.Append('\n').ToString();
    }

    /// <summary>An element with other elements in it.</summary>
    public void Element(string name, Action content, string? style = null)
    {
        Begin(name, style);
        content();
        xml.WriteFullEndElement();
        NewLine();
    }

    /// <summary>An element with a text of one line in it.</summary>
    public void Text(string name, string text, string? style = null)
    {
        Begin(name, style);
        xml.WriteString(UntrustedText.Line(text, 2000));
        xml.WriteFullEndElement();
        NewLine();
    }

    /// <summary>An element with a text that keeps its lines.</summary>
    public void Lines(string name, string text)
    {
        Begin(name, null);
        xml.WriteString(UntrustedText.Lines(text));
        xml.WriteFullEndElement();
        NewLine();
    }

    /// <summary>A heading that objective n can be linked to by.</summary>
    public void HeadingOf(int number, string text)
    {
        xml.WriteStartElement("h3");
        xml.WriteAttributeString("id", Anchor(number));
        xml.WriteString(UntrustedText.Line(text));
        xml.WriteFullEndElement();
        NewLine();
    }

    /// <summary>A link to an objective.</summary>
    public void LinkTo(int number, string text)
    {
        xml.WriteStartElement("a");
        xml.WriteAttributeString("href", "#" + Anchor(number));
        xml.WriteString(UntrustedText.Line(text));
        xml.WriteFullEndElement();
    }

    /// <summary>Text between elements.</summary>
    public void Write(string text) => xml.WriteString(text);

    /// <summary>What is shown when a reader opens it.</summary>
    public void Details(string summary, Action content) => Element("details", () =>
    {
        Text("summary", summary);
        content();
    });

    /// <summary>A row of a table.</summary>
    public void Row(string cell, params ReadOnlySpan<string> texts)
    {
        xml.WriteStartElement("tr");
        foreach (var text in texts)
        {
            Text(cell, text);
        }

        xml.WriteFullEndElement();
    }

    /// <summary>A drawing, as markup.</summary>
    public void Drawing(Charts.Chart chart)
    {
        xml.WriteRaw(chart.ToSvg());
        NewLine();
    }

    public void Dispose() => xml.Dispose();

    private static string Anchor(int number) => "objective-" + number.ToString(CultureInfo.InvariantCulture);

    private void Begin(string name, string? style)
    {
        xml.WriteStartElement(name);
        if (style is not null)
        {
            xml.WriteAttributeString("class", style);
        }
    }

    private void NewLine() => xml.WriteWhitespace("\n");

    private void Meta(string name, string value, string? content = null)
    {
        xml.WriteStartElement("meta");
        xml.WriteAttributeString(name, value);
        if (content is not null)
        {
            xml.WriteAttributeString("content", content);
        }

        xml.WriteEndElement();
        NewLine();
    }
}
