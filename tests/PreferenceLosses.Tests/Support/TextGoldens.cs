using System.Text.Json;

namespace PreferenceLosses.Tests.Support;

/// <summary>A text on a batch, with what PyTorch gave for it.</summary>
/// <param name="Name">The text's name; the published candidates have words, the expressions a group and a number.</param>
/// <param name="Text">The text.</param>
/// <param name="Batch">The batch's name.</param>
/// <param name="Input">The batch.</param>
/// <param name="Losses">The losses in float64.</param>
/// <param name="Gradient">Autograd's gradient of their mean in float64; null where PyTorch 1.13 has none.</param>
/// <param name="Single">The losses in float32.</param>
internal sealed record TextGolden(
    string Name, string Text, string Batch, PairColumns Input, double[] Losses, Dictionary<string, double[]>? Gradient, double[] Single)
{
    /// <summary>Whether it is one of the losses that people have published, rather than a try of one function.</summary>
    public bool IsCandidate => !char.IsAsciiDigit(Name[^1]);

    public override string ToString() => $"{Name} on {Batch}: {Text.TrimEnd().Split('\n')[^1].Trim()}";
}

/// <summary>The committed oracle of texts (see Oracle/README.md).</summary>
internal static class TextGoldens
{
    public static IReadOnlyList<TextGolden> Cases { get; } = Load();

    /// <summary>The texts by name.</summary>
    public static IReadOnlyDictionary<string, string> Texts { get; } =
        Cases.DistinctBy(c => c.Name).ToDictionary(c => c.Name, c => c.Text);

    private static List<TextGolden> Load()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Oracle", "text_goldens.json")));
        var root = document.RootElement;
        var texts = root.GetProperty("texts").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString()!);
        var batches = root.GetProperty("batches").EnumerateObject()
            .ToDictionary(b => b.Name, b => PairColumns.From(name => Goldens.Numbers(b.Value.GetProperty(name))));
        return [.. root.GetProperty("cases").EnumerateArray().Select(c =>
        {
            var name = c.GetProperty("text").GetString()!;
            var batch = c.GetProperty("batch").GetString()!;
            var gradient = c.GetProperty("gradient");
            return new TextGolden(
                name,
                texts[name],
                batch,
                batches[batch],
                Goldens.Numbers(c.GetProperty("losses")),
                gradient.ValueKind == JsonValueKind.Null ? null : gradient.EnumerateObject().ToDictionary(g => g.Name, g => Goldens.Numbers(g.Value)),
                Goldens.Numbers(c.GetProperty("single")));
        })];
    }
}
