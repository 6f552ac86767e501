using System.Text.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Support;

/// <summary>One case of the oracle: a loss on a batch, with what PyTorch's autograd and 700-digit arithmetic give for it.</summary>
internal sealed record GoldenCase(PreferenceLoss Loss, string Batch, PairColumns Input, GoldenResult Autograd, GoldenResult Exact)
{
    public override string ToString() => $"{Loss} on {Batch}";
}

/// <summary>Losses, their mean, and the gradient of the mean per column.</summary>
internal sealed record GoldenResult(double[] Losses, double Mean, Dictionary<string, double[]> Gradient);

/// <summary>The committed oracle (see Oracle/README.md).</summary>
internal static class Goldens
{
    /// <summary>Where PyTorch's own formulas overflow or lose their digits, and only the exact values count.</summary>
    public static readonly string[] TailBatches = ["extreme", "far-below", "far-above", "overflow"];

    public static IReadOnlyList<GoldenCase> Cases { get; } = Load();

    private static List<GoldenCase> Load()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Oracle", "goldens.json")));
        var batches = document.RootElement.GetProperty("batches").EnumerateObject()
            .ToDictionary(b => b.Name, b => PairColumns.From(name => Numbers(b.Value.GetProperty(name))));

        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c =>
        {
            var loss = LossCatalog.BuiltIn.Find(c.GetProperty("loss").GetString()!).Loss;
            foreach (var parameter in c.GetProperty("parameters").EnumerateObject())
            {
                loss = loss.With(parameter.Name, parameter.Value.GetDouble());
            }

            var batch = c.GetProperty("batch").GetString()!;
            return new GoldenCase(loss, batch, batches[batch], Result(c.GetProperty("autograd")), Result(c.GetProperty("exact")));
        })];
    }

    private static GoldenResult Result(JsonElement element) => new(
        Numbers(element.GetProperty("losses")),
        Number(element.GetProperty("mean")),
        element.GetProperty("gradient").EnumerateObject().ToDictionary(g => g.Name, g => Numbers(g.Value)));

    public static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(Number)];

    private static double Number(JsonElement element) => element.ValueKind == JsonValueKind.Number
        ? element.GetDouble()
        : element.GetString() switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" => double.NaN,
            var other => throw new InvalidDataException($"'{other}' is no number."),
        };
}
