using System.Text;
using System.Text.Json;

namespace PreferenceLosses.Losses;

/// <summary>
/// A loss as JSON, by name and parameters: <c>{"loss":"discopop","parameters":{"beta":0.05,"tau":0.05}}</c>; or a composition, a sum
/// (<c>{"sum":[{"weight":0.8,"loss":{…}},…]}</c>) or a modified loss (<c>{"modify":"label-smoothing","loss":{…},"parameters":{…}}</c>).
/// Needs no reflection.
/// </summary>
public static class LossJson
{
    /// <summary>Writes a loss. Numbers are written so that they read back to the same value.</summary>
    /// <param name="loss">The loss.</param>
    public static string Serialize(IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, loss);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Writes a loss as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="loss">The loss.</param>
    public static void Write(Utf8JsonWriter writer, IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(loss);
        if (CompositionJson.TryWrite(writer, loss))
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("loss", loss.Name);
        writer.WriteStartObject("parameters");
        foreach (var (parameter, value) in loss.Parameters)
        {
            writer.WriteNumber(parameter.Name!, value);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Reads a loss. Parameters that are left out have their defaults.</summary>
    /// <param name="json">The text.</param>
    /// <param name="catalog">The losses that there are; by default the built-in ones.</param>
    /// <exception cref="JsonException">
    /// The text is no such object; or the loss or a parameter is not known, or a value not accepted, which the message says.
    /// </exception>
    public static PreferenceLoss Deserialize(string json, LossCatalog? catalog = null)
    {
        using var document = JsonDocument.Parse(json);
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
            throw new JsonException($"A loss is an object with 'loss' and 'parameters', not {element.ValueKind}.");
        }

        if (CompositionJson.IsComposition(element))
        {
            return CompositionJson.Read(element, catalog);
        }

        string? name = null;
        var parameters = default(JsonElement);
        foreach (var property in element.EnumerateObject())
        {
            switch (property.Name)
            {
                case "loss" when property.Value.ValueKind == JsonValueKind.String && name is null:
                    name = Text(property.Value);
                    break;
                case "parameters" when property.Value.ValueKind == JsonValueKind.Object && parameters.ValueKind == JsonValueKind.Undefined:
                    parameters = property.Value;
                    break;
                default:
                    throw new JsonException($"'{property.Name}' is not part of a loss, or of the wrong kind, or there twice; 'loss' (a string) and 'parameters' (an object) are accepted once each.");
            }
        }

        try
        {
            var loss = (catalog ?? LossCatalog.BuiltIn).Find(name ?? throw new JsonException("'loss' is missing: the name of the loss.")).Loss;
            return parameters.ValueKind == JsonValueKind.Undefined ? loss : WithParameters(loss, parameters);
        }
        catch (ArgumentException wrong)
        {
            throw new JsonException(wrong.Message, wrong);
        }
    }

    private static string Text(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException notText)
        {
            throw new JsonException("'loss' holds half a character (a lone surrogate).", notText);
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
