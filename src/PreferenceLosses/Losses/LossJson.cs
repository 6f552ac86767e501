using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PreferenceLosses.Losses;

/// <summary>
/// A loss as JSON. A loss of the catalogue is its name and parameters: <c>{"loss":"discopop","parameters":{"beta":0.05,"tau":0.05}}</c>;
/// a composition is a sum (<c>{"sum":[{"weight":0.8,"loss":{…}},…]}</c>) or a modified loss
/// (<c>{"modify":"label-smoothing","loss":{…},"parameters":{…}}</c>); any other one is its formula, exactly: <c>{"formula":{…}}</c>. Needs no reflection.
/// </summary>
public static class LossJson
{
    /// <summary>As long as a text may be that is read: it may come from anywhere.</summary>
    private const int MaximumBytes = 1 << 20;

    /// <summary>Writes a loss. Numbers are written so that they read back to the same value.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="catalog">The losses that are written by name; by default the built-in ones.</param>
    public static string Serialize(IPreferenceLoss loss, LossCatalog? catalog = null)
    {
        ArgumentNullException.ThrowIfNull(loss);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(writer, loss, catalog);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Writes a loss as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="catalog">The losses that are written by name; by default the built-in ones.</param>
    public static void Write(Utf8JsonWriter writer, IPreferenceLoss loss, LossCatalog? catalog = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(loss);
        if (CompositionJson.TryWrite(writer, loss, catalog))
        {
            return;
        }

        writer.WriteStartObject();
        if (IsKnown(loss, catalog ?? LossCatalog.BuiltIn))
        {
            writer.WriteString("loss", loss.Name);
            writer.WriteStartObject("parameters");
            foreach (var (parameter, value) in loss.Parameters)
            {
                writer.WriteNumber(parameter.Name!, value);
            }

            writer.WriteEndObject();
        }
        else
        {
            writer.WritePropertyName("formula");
            FormulaJson.Write(writer, loss);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether the catalogue has this very loss, and not only its name.</summary>
    private static bool IsKnown(IPreferenceLoss loss, LossCatalog catalog) =>
        catalog.Entries.FirstOrDefault(entry => entry.Name == loss.Name) is { } entry && entry.Loss.Graph.Key == loss.Graph.Key
        && entry.Loss.Parameters.Select(bound => bound.Parameter.Name).SequenceEqual(loss.Parameters.Select(bound => bound.Parameter.Name));

    /// <summary>Reads a loss. Parameters that are left out have their defaults.</summary>
    /// <param name="json">The text.</param>
    /// <param name="catalog">The losses that there are; by default the built-in ones.</param>
    /// <exception cref="JsonException">
    /// The text is no such object; or the loss or a parameter is not known, or a value not accepted, which the message says.
    /// </exception>
    public static PreferenceLoss Deserialize(string json, LossCatalog? catalog = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MaximumBytes)
        {
            throw TooLong(json.Length);
        }

        // From bytes and not from the string, which would be refused with another exception if it held half a character.
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json));
        return Read(document.RootElement, catalog);
    }

    /// <summary>Reads a loss from an object.</summary>
    /// <param name="element">The object.</param>
    /// <param name="catalog">The losses that there are; by default the built-in ones.</param>
    /// <exception cref="JsonException">As for <see cref="Deserialize"/>.</exception>
    public static PreferenceLoss Read(JsonElement element, LossCatalog? catalog = null)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"A loss is an object with 'loss' and 'parameters', or with 'formula', not {element.ValueKind}.");
        }

        if (JsonMarshal.GetRawUtf8Value(element).Length is > MaximumBytes and var length)
        {
            throw TooLong(length);
        }

        try
        {
            if (CompositionJson.IsComposition(element))
            {
                return CompositionJson.Read(element, catalog);
            }

            return element.EnumerateObject().Any(property => property.NameEquals("formula"))
                ? FormulaJson.Read(new JsonFields(element, "A loss with a formula", "formula")["formula"])
                : ReadByName(element, catalog ?? LossCatalog.BuiltIn);
        }
        catch (InvalidOperationException notText)
        {
            throw new JsonException("A string holds half a character (a lone surrogate).", notText);
        }
    }

    private static JsonException TooLong(int length) =>
        new($"The text has {length.ToString(CultureInfo.InvariantCulture)} characters; at most {MaximumBytes} are accepted.");

    private static PreferenceLoss ReadByName(JsonElement element, LossCatalog catalog)
    {
        string? name = null;
        var parameters = default(JsonElement);
        foreach (var property in element.EnumerateObject())
        {
            switch (property.Name)
            {
                case "loss" when property.Value.ValueKind == JsonValueKind.String && name is null:
                    name = property.Value.GetString();
                    break;
                case "parameters" when property.Value.ValueKind == JsonValueKind.Object && parameters.ValueKind == JsonValueKind.Undefined:
                    parameters = property.Value;
                    break;
                default:
                    throw new JsonException($"'{property.Name}' is not part of a loss, or of the wrong kind, or there twice; 'loss' (a string) and 'parameters' (an object) are accepted once each, or 'formula' alone.");
            }
        }

        try
        {
            var loss = catalog.Find(name ?? throw new JsonException("'loss' is missing: the name of the loss.")).Loss;
            return parameters.ValueKind == JsonValueKind.Undefined ? loss : WithParameters(loss, parameters);
        }
        catch (ArgumentException wrong)
        {
            throw new JsonException(wrong.Message, wrong);
        }
    }

    /// <summary>A loss with the values that an object of numbers gives its parameters.</summary>
    internal static PreferenceLoss WithParameters(PreferenceLoss loss, JsonElement parameters)
    {
        var seen = new HashSet<string>();
        foreach (var parameter in parameters.EnumerateObject())
        {
            if (!seen.Add(parameter.Name))
            {
                throw new JsonException($"The parameter '{parameter.Name}' is there twice.");
            }

            if (parameter.Value.ValueKind != JsonValueKind.Number)
            {
                throw new JsonException($"The parameter '{parameter.Name}' has to be a number, not {parameter.Value.ValueKind}.");
            }

            loss = loss.With(parameter.Name, parameter.Value.GetDouble());
        }

        return loss;
    }
}
