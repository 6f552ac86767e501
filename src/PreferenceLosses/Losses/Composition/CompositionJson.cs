using System.Text.Json;

namespace PreferenceLosses.Losses;

/// <summary>
/// Compositions as JSON: <c>{"sum":[{"weight":0.8,"loss":{…}},…]}</c> and
/// <c>{"modify":"label-smoothing","loss":{…},"parameters":{"label_smoothing":0.1}}</c>, where a loss is in any form that <see cref="LossJson"/> reads.
/// </summary>
internal static class CompositionJson
{
    /// <summary>Whether an object is a composition: it says so by a property.</summary>
    public static bool IsComposition(JsonElement element) => element.TryGetProperty("sum", out _) || element.TryGetProperty("modify", out _);

    /// <summary>Writes a composition; gives false for any other loss, and writes nothing.</summary>
    public static bool TryWrite(Utf8JsonWriter writer, IPreferenceLoss loss, LossCatalog? catalog)
    {
        switch (loss)
        {
            case WeightedSumLoss sum:
                writer.WriteStartObject();
                writer.WriteStartArray("sum");
                foreach (var (weight, term) in sum.Terms)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("weight", weight);
                    writer.WritePropertyName("loss");
                    LossJson.Write(writer, term, catalog);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
                return true;
            case ModifiedLoss modified:
                writer.WriteStartObject();
                writer.WriteString("modify", ModifiedLoss.NameOf(modified.Modification));
                writer.WritePropertyName("loss");
                LossJson.Write(writer, modified.Inner, catalog);
                writer.WriteStartObject("parameters");
                foreach (var (parameter, _) in ModifiedLoss.OwnOf(modified.Modification))
                {
                    writer.WriteNumber(parameter.Name!, modified.Parameters[parameter]);
                }

                writer.WriteEndObject();
                writer.WriteEndObject();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Reads a composition.</summary>
    public static PreferenceLoss Read(JsonElement element, LossCatalog? catalog)
    {
        try
        {
            return element.TryGetProperty("sum", out var terms)
                ? ReadSum(Properties(element, "sum")["sum"], catalog)
                : ReadModified(Properties(element, "modify", "loss", "parameters"), catalog);
        }
        catch (ArgumentException wrong)
        {
            throw new JsonException(wrong.Message, wrong);
        }
    }

    private static WeightedSumLoss ReadSum(JsonElement terms, LossCatalog? catalog) => terms.ValueKind == JsonValueKind.Array
        ? WeightedSumLoss.Of([.. terms.EnumerateArray().Select(term => ReadTerm(Properties(term, "weight", "loss"), catalog))])
        : throw new JsonException($"'sum' is an array of objects with 'weight' and 'loss', not {terms.ValueKind}.");

    private static (double Weight, PreferenceLoss Loss) ReadTerm(Dictionary<string, JsonElement> term, LossCatalog? catalog)
    {
        var weight = Required(term, "weight");
        return weight.ValueKind == JsonValueKind.Number
            ? (weight.GetDouble(), LossJson.Read(Required(term, "loss"), catalog))
            : throw new JsonException($"'weight' has to be a number, not {weight.ValueKind}.");
    }

    private static PreferenceLoss ReadModified(Dictionary<string, JsonElement> parts, LossCatalog? catalog)
    {
        var kind = Required(parts, "modify");
        var modification = kind.ValueKind == JsonValueKind.String
            ? Enum.GetValues<Modification>().Select(m => (Modification?)m).FirstOrDefault(m => kind.ValueEquals(ModifiedLoss.NameOf(m!.Value)))
            : null;
        if (modification is not { } wanted)
        {
            var names = string.Join(", ", Enum.GetValues<Modification>().Select(ModifiedLoss.NameOf));
            throw new JsonException($"'modify' is {kind.GetRawText()}; accepted are {names}.");
        }

        PreferenceLoss modified = LossJson.Read(Required(parts, "loss"), catalog).With(wanted);
        if (!parts.TryGetValue("parameters", out var parameters))
        {
            return modified;
        }

        // The parameters of the loss inside stand with that loss; only the modification's own are accepted here.
        var own = ModifiedLoss.OwnOf(wanted).Select(bound => bound.Parameter.Name).ToArray();
        if (parameters.ValueKind != JsonValueKind.Object || parameters.EnumerateObject().Any(p => !own.Contains(p.Name)))
        {
            throw new JsonException($"'parameters' of '{ModifiedLoss.NameOf(wanted)}' is an object with {(own.Length == 0 ? "nothing" : $"'{own[0]}'")} in it, not {parameters.GetRawText()}.");
        }

        return LossJson.WithParameters(modified, parameters);
    }

    private static JsonElement Required(Dictionary<string, JsonElement> parts, string name) =>
        parts.TryGetValue(name, out var value) ? value : throw new JsonException($"'{name}' is missing.");

    /// <summary>The properties of an object, each accepted one at most once, and no other.</summary>
    private static Dictionary<string, JsonElement> Properties(JsonElement element, params string[] accepted)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"An object with {string.Join(", ", accepted)} is needed, not {element.ValueKind}.");
        }

        var properties = new Dictionary<string, JsonElement>();
        foreach (var property in element.EnumerateObject())
        {
            if (!accepted.Contains(property.Name) || !properties.TryAdd(property.Name, property.Value))
            {
                throw new JsonException($"'{property.Name}' is not accepted, or there twice; {string.Join(", ", accepted)} are accepted once each.");
            }
        }

        return properties;
    }
}
