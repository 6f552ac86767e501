using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PreferenceLosses.Cli.Json;

/// <summary>JSON text in and out, without reflection. What is wrong with it comes as a <see cref="CommandException"/>.</summary>
internal static class JsonText
{
    /// <summary>β is written as β: the output is UTF-8, and no web page.</summary>
    private static readonly JsonWriterOptions OnOneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions OnManyLines = OnOneLine with { Indented = true, NewLine = "\n" };

    /// <summary>Parses a text; the message calls it by <paramref name="what"/>.</summary>
    public static JsonDocument Parse(string text, string what)
    {
        try
        {
            // From bytes and not from the string, which would be refused with another exception if it held half a character.
            return JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException wrong)
        {
            throw CommandException.Failure($"{what} is not JSON: {wrong.Message}");
        }
    }

    /// <summary>The properties of an object by name, in their order; a name that occurs twice is refused, not overridden.</summary>
    public static OrderedDictionary<string, JsonElement> Properties(JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw CommandException.Failure($"{what} is {Describe(element)}; an object is accepted.");
        }

        var properties = new OrderedDictionary<string, JsonElement>();
        foreach (var property in element.EnumerateObject())
        {
            var name = Decode(() => property.Name);
            if (!properties.TryAdd(name, property.Value))
            {
                throw CommandException.Failure($"{what} has '{name}' twice; once is accepted.");
            }
        }

        return properties;
    }

    /// <summary>The text of a string.</summary>
    public static string String(JsonElement element, string what) => element.ValueKind == JsonValueKind.String
        ? Decode(() => element.GetString()!)
        : throw CommandException.Failure($"{what} is {Describe(element)}; a string is accepted.");

    /// <summary>Reads what needs the characters behind escapes: half of a surrogate pair is valid JSON and no text.</summary>
    public static T Decode<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw CommandException.Failure("A string of the JSON text has an escape that is half a character (a surrogate without its partner).");
        }
    }

    /// <summary>A value as a message quotes it: shortened, if it is long.</summary>
    public static string Describe(JsonElement element)
    {
        const int Longest = 40;
        var text = element.GetRawText();
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }

    /// <summary>Writes JSON as one line.</summary>
    public static void WriteLine(TextWriter output, Action<Utf8JsonWriter> write) => output.Write(Line(write));

    /// <summary>JSON as one line.</summary>
    public static string Line(Action<Utf8JsonWriter> write) => Text(write, OnOneLine);

    /// <summary>Writes JSON for people too, in ASCII: a text that somebody else wrote moves, hides and turns nothing in a terminal.</summary>
    public static void WriteUntrusted(TextWriter output, Action<Utf8JsonWriter> write) => output.Write(Text(write, OnManyLines with { Encoder = JavaScriptEncoder.Default }));

    /// <summary>Writes JSON for people too, on many lines.</summary>
    public static void WriteIndented(TextWriter output, Action<Utf8JsonWriter> write) => output.Write(Indented(write));

    /// <summary>JSON for people too, on many lines.</summary>
    public static string Indented(Action<Utf8JsonWriter> write) => Text(write, OnManyLines);

    private static string Text(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }
}
