using System.Text.Json;

namespace PreferenceLosses.Tests.Support;

/// <summary>An objective of logits and targets on a batch, with what PyTorch gave for it.</summary>
/// <param name="Name">The text's name.</param>
/// <param name="Text">The text.</param>
/// <param name="Batch">The batch's name.</param>
/// <param name="Input">The batch.</param>
/// <param name="Losses">The losses in float64; null where the text returns one number.</param>
/// <param name="Mean">Their mean, or that number.</param>
/// <param name="Gradient">Autograd's gradient of the mean with respect to the logits in float64, row-major.</param>
/// <param name="Single">The mean in float32.</param>
internal sealed record ClassGolden(
    string Name, string Text, string Batch, FormulaBatch Input, double[]? Losses, double Mean, double[] Gradient, double Single)
{
    public override string ToString() => $"{Name} on {Batch}";
}

/// <summary>The committed oracle of objectives of classes (see Oracle/README.md).</summary>
internal static class ClassGoldens
{
    public static IReadOnlyList<ClassGolden> Cases { get; } = Load();

    /// <summary>The number of classes in every batch.</summary>
    public static int Classes { get; } = Cases[0].Input.Responses;

    private static List<ClassGolden> Load()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Oracle", "class_goldens.json")));
        var root = document.RootElement;
        var texts = root.GetProperty("texts").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString()!);
        var classes = root.GetProperty("classes").GetInt32();
        var batches = root.GetProperty("batches").EnumerateObject().ToDictionary(b => b.Name, b =>
        {
            var targets = Goldens.Numbers(b.Value.GetProperty("target"));
            double[] logits = [.. b.Value.GetProperty("logits").EnumerateArray().SelectMany(Goldens.Numbers)];
            return new FormulaBatch(targets.Length, classes) { Columns = { [Columns.Logits] = logits, [Columns.Target] = targets } };
        });
        return [.. root.GetProperty("cases").EnumerateArray().Select(c => new ClassGolden(
            c.GetProperty("text").GetString()!,
            texts[c.GetProperty("text").GetString()!],
            c.GetProperty("batch").GetString()!,
            batches[c.GetProperty("batch").GetString()!],
            c.GetProperty("losses") is { ValueKind: JsonValueKind.Array } losses ? Goldens.Numbers(losses) : null,
            Goldens.Numbers(c.GetProperty("mean"))[0],
            Goldens.Numbers(c.GetProperty("gradient")),
            Goldens.Numbers(c.GetProperty("single"))[0]))];
    }
}
