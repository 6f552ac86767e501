using System.Text.Json;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>One line of a batch as a request.</summary>
internal static class RequestReader
{
    private static readonly string[] Accepted = ["id", "loss", "spec", "set", "precision", "one_row", "input"];

    /// <summary>The line's id, which may be any JSON value; null if it has none. Nothing else about the line has to be right.</summary>
    public static JsonElement? Id(JsonElement line)
    {
        var id = default(JsonElement);
        return line.ValueKind == JsonValueKind.Object && JsonText.Decode(() => line.TryGetProperty("id", out id)) ? id : null;
    }

    public static EvaluationRequest Read(JsonElement line, LossCatalog catalog)
    {
        var parts = JsonText.Properties(line, "The line");
        if (parts.Keys.FirstOrDefault(key => !Accepted.Contains(key)) is { } unknown)
        {
            var why = unknown == "python" ? "is not available in this version" : "is not part of a line";
            throw CommandException.Failure($"'{unknown}' {why}; {string.Join(", ", Accepted)} are accepted.");
        }

        return new EvaluationRequest(
            LossChoice.Configure(Loss(parts, catalog), Settings(parts)),
            Choices.Precision("'precision'", Text(parts, "precision")),
            Choices.SingleRow("'one_row'", Text(parts, "one_row")),
            parts.TryGetValue("input", out var input) ? input : throw CommandException.Failure("'input' is missing: an object of columns."));
    }

    private static PreferenceLoss Loss(OrderedDictionary<string, JsonElement> parts, LossCatalog catalog)
    {
        var isSpecified = parts.TryGetValue("spec", out var spec);
        var name = Text(parts, "loss");
        if (name is null == isSpecified)
        {
            return isSpecified ? LossChoice.FromSpec(catalog, spec) : LossChoice.Find(catalog, name!).Loss;
        }

        throw CommandException.Failure("The loss is given either by 'loss' or by 'spec': one of them, not both.");
    }

    private static Dictionary<string, double> Settings(OrderedDictionary<string, JsonElement> parts)
    {
        var settings = new Dictionary<string, double>();
        foreach (var (name, value) in parts.TryGetValue("set", out var set) ? JsonText.Properties(set, "'set'") : [])
        {
            settings.Add(name, value.ValueKind == JsonValueKind.Number
                ? value.GetDouble()
                : throw CommandException.Failure($"'{name}' in 'set' is {JsonText.Describe(value)}; a number is accepted."));
        }

        return settings;
    }

    private static string? Text(OrderedDictionary<string, JsonElement> parts, string key) =>
        parts.TryGetValue(key, out var value) ? JsonText.String(value, $"'{key}'") : null;
}
