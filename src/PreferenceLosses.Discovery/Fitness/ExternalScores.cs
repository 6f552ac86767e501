using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Scores as a command gives them, one line of JSON, the last one of its standard output:
/// <code>{"format":1,"scores":[{"seed":0,"score":0.4651,"measures":{"kl":3.2},"curves":{"loss":{"steps":[10,20],"values":[0.69,0.61]}}},{"seed":1,"failure":"the loss became NaN"}]}</code>
/// Each seed that was asked for once, with a finite score or a failure that lies in the objective; measures and curves may be left out, other properties are refused.
/// </summary>
internal static class ExternalScores
{
    private const int LongestFailure = 500;
    private const int MostNamed = 32;
    private const int LongestCurve = 10_000;

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="seeds">The seeds that were asked for, in whose order the scores are returned.</param>
    /// <exception cref="ExternalCommandException">It is none.</exception>
    public static ImmutableArray<SeedScore> Read(string line, ImmutableArray<ulong> seeds)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = Object(document.RootElement, "the answer", "format", "scores");
            if (!root.TryGetValue("format", out var format) || !format.TryGetInt32(out var version) || version != ExternalCandidate.Format)
            {
                throw Wrong($"its format is {Excerpt(format)}; {ExternalCandidate.Format.ToString(CultureInfo.InvariantCulture)} is accepted");
            }

            var scores = new Dictionary<ulong, SeedScore>();
            foreach (var element in Required(root, "scores").EnumerateArray())
            {
                var score = Score(element);
                if (!scores.TryAdd(score.Seed, score))
                {
                    throw Wrong(string.Create(CultureInfo.InvariantCulture, $"seed {score.Seed} is there twice"));
                }
            }

            return scores.Count == seeds.Length && seeds.All(scores.ContainsKey)
                ? [.. seeds.Select(seed => scores[seed])]
                : throw Wrong($"the seeds asked for are {Text(seeds)}, those that are there {Text(scores.Keys)}");
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            throw Wrong($"{wrong.Message} It begins {UntrustedText.Quoted(line, 100)}");
        }
    }

    private static SeedScore Score(JsonElement element)
    {
        var properties = Object(element, "a score", "seed", "score", "failure", "measures", "curves");
        var seed = Required(properties, "seed").GetUInt64();
        double? score = properties.TryGetValue("score", out var value) && value.ValueKind != JsonValueKind.Null ? Finite(value) : null;
        var failure = properties.TryGetValue("failure", out var reason) ? reason.GetString() : null;
        if (score is null == string.IsNullOrWhiteSpace(failure))
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"seed {seed} needs either a score or a failure"));
        }

        return new SeedScore(seed, score)
        {
            Failure = score is null ? UntrustedText.Line(failure!, LongestFailure) : null,
            Measures = Named(properties, "measures").ToImmutableSortedDictionary(measure => Name(measure), measure => Finite(measure.Value), StringComparer.Ordinal),
            Curves = [.. Named(properties, "curves").Select(Curve)],
        };
    }

    private static TrainingCurve Curve(JsonProperty property)
    {
        var curve = Object(property.Value, "a curve", "steps", "values");
        var (steps, values) = (Required(curve, "steps"), Required(curve, "values"));
        var read = new TrainingCurve(
            Name(property), [.. steps.EnumerateArray().Select(step => step.GetInt32())], [.. values.EnumerateArray().Select(Finite)]);
        return read.Steps.Length == read.Values.Length && read.Steps.Length <= LongestCurve
            ? read
            : throw Wrong($"the curve '{read.Name}' has {Text(read.Steps.Length)} steps and {Text(read.Values.Length)} values; as many of both, at most {Text(LongestCurve)}, are accepted");
    }

    private static JsonProperty[] Named(Dictionary<string, JsonElement> properties, string name)
    {
        if (!properties.TryGetValue(name, out var element))
        {
            return [];
        }

        JsonProperty[] named = [.. element.EnumerateObject()];
        return named.Length <= MostNamed && named.Select(Name).Distinct().Count() == named.Length
            ? named
            : throw Wrong($"'{name}' has a name twice, or more than {Text(MostNamed)}");
    }

    private static string Name(JsonProperty property) => UntrustedText.Line(property.Name, 64);

    private static Dictionary<string, JsonElement> Object(JsonElement element, string what, params string[] accepted)
    {
        var properties = new Dictionary<string, JsonElement>();
        foreach (var property in element.EnumerateObject())
        {
            if (!accepted.Contains(property.Name) || !properties.TryAdd(property.Name, property.Value))
            {
                throw Wrong($"{what} has {UntrustedText.Quoted(property.Name, 40)}, or has it twice; {string.Join(", ", accepted)} are accepted, each once");
            }
        }

        return properties;
    }

    private static JsonElement Required(Dictionary<string, JsonElement> properties, string name) =>
        properties.TryGetValue(name, out var value) ? value : throw Wrong($"'{name}' is missing");

    private static double Finite(JsonElement element) => element.GetDouble() is var number && double.IsFinite(number)
        ? number
        : throw Wrong($"{Excerpt(element)} is no finite number");

    private static string Excerpt(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? "missing" : UntrustedText.Quoted(element.GetRawText(), 40);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(IEnumerable<ulong> seeds) => string.Join(", ", seeds.Take(20).Select(seed => seed.ToString(CultureInfo.InvariantCulture)));

    private static ExternalCommandException Wrong(string what) => new($"The last line of its output is not the scores: {what}.");
}
