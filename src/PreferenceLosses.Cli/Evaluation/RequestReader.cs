using System.Text.Json;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>One line of a batch as a request.</summary>
internal static class RequestReader
{
    private static readonly string[] Accepted = ["id", "loss", "python", "spec", "set", "precision", "one_row", "input"];

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
            throw CommandException.Failure($"'{unknown}' is not part of a line; {string.Join(", ", Accepted)} are accepted.");
        }

        return new EvaluationRequest(
            LossChoice.Configure(Loss(parts, catalog), Settings(parts)),
            Choices.Precision("'precision'", Text(parts, "precision")),
            Choices.SingleRow("'one_row'", Text(parts, "one_row")),
            parts.TryGetValue("input", out var input) ? input : throw CommandException.Failure("'input' is missing: an object of columns."));
    }

    private static PreferenceLoss Loss(OrderedDictionary<string, JsonElement> parts, LossCatalog catalog)
    {
        string[] ways = ["loss", "python", "spec"];
        return ways.Where(parts.ContainsKey).ToArray() switch
        {
            ["loss"] => LossChoice.Find(catalog, Text(parts, "loss")!).Loss,
            ["python"] => LossChoice.FromPython(Text(parts, "python")!, "The Python text").GetLoss(),
            ["spec"] => LossChoice.FromSpec(catalog, parts["spec"]),
            _ => throw CommandException.Failure("The loss is given by 'loss', 'python' or 'spec': by one of them."),
        };
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
