using System.Text.Json;

namespace PreferenceLosses.Losses;

/// <summary>The fields of a JSON object, each accepted once and of one kind; what is wrong is a <see cref="JsonException"/> that says where.</summary>
internal readonly struct JsonFields
{
    private readonly Dictionary<string, JsonElement> fields;
    private readonly string where;

    /// <summary>Reads the names of an object.</summary>
    /// <param name="element">The object.</param>
    /// <param name="where">What it is, for messages: "Node 3".</param>
    /// <param name="accepted">The names that it may have.</param>
    public JsonFields(JsonElement element, string where, params ReadOnlySpan<string> accepted)
    {
        this.where = where;
        fields = [];
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"{where} is of kind {element.ValueKind}; an object with {string.Join(", ", accepted!)} is accepted.");
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!accepted.Contains(property.Name))
            {
                throw new JsonException($"{where} has '{property.Name}'; {string.Join(", ", accepted!)} are accepted.");
            }

            if (!fields.TryAdd(property.Name, property.Value))
            {
                throw new JsonException($"{where} has '{property.Name}' twice; once is accepted.");
            }
        }
    }

    public bool Has(string name) => fields.ContainsKey(name);

    public JsonElement this[string name] => fields.TryGetValue(name, out var element)
        ? element
        : throw new JsonException($"{where} has no '{name}', which is needed.");

    public string Text(string name) => Of(name, JsonValueKind.String, "a string").GetString()!;

    public JsonElement Array(string name) => Of(name, JsonValueKind.Array, "an array");

    public bool Truth(string name) => this[name].ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "true or false"),
    };

    /// <summary>A number; "inf", "-inf" and "nan" stand for what JSON has no number for.</summary>
    public double Number(string name)
    {
        var element = this[name];
        return element.ValueKind switch
        {
            JsonValueKind.Number when element.TryGetDouble(out var number) && double.IsFinite(number) => number,
            JsonValueKind.String when element.ValueEquals("inf") => double.PositiveInfinity,
            JsonValueKind.String when element.ValueEquals("-inf") => double.NegativeInfinity,
            JsonValueKind.String when element.ValueEquals("nan") => double.NaN,
            _ => throw Wrong(name, "a number that fits double precision, or \"inf\", \"-inf\" or \"nan\""),
        };
    }

    /// <summary>A number that counts something from 0 on.</summary>
    public int Index(string name, int below) =>
        IndexOf(this[name], below) ?? throw Wrong(name, $"the number of a node, from 0 to {below - 1},");

    /// <summary>An array of such numbers.</summary>
    public int[] Indices(string name, int below)
    {
        var indices = new List<int>();
        foreach (var element in Array(name).EnumerateArray())
        {
            indices.Add(IndexOf(element, below) ?? throw new JsonException(
                $"{where}: '{name}' names a node by {Shortened(element)}; the number of an earlier node is accepted, below {below}."));
        }

        return [.. indices];
    }

    private static int? IndexOf(JsonElement element, int below) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var index) && index >= 0 && index < below ? index : null;

    private JsonElement Of(string name, JsonValueKind kind, string accepted) => this[name].ValueKind == kind ? this[name] : throw Wrong(name, accepted);

    private JsonException Wrong(string name, string accepted) => new($"{where}: '{name}' is {Shortened(this[name])}; {accepted} is accepted.");

    private static string Shortened(JsonElement element)
    {
        const int longest = 40;
        var text = element.GetRawText();
        return text.Length <= longest ? text : text[..longest] + "…";
    }
}
