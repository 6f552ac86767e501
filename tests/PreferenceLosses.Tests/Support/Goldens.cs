using System.Text.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Support;

/// <summary>One case of the oracle: a loss on a batch, with what PyTorch's autograd and 700-digit arithmetic give for it.</summary>
internal sealed record GoldenCase(PreferenceLoss Loss, string Batch, FormulaBatch Input, GoldenResult Autograd, GoldenResult Exact)
{
    public override string ToString() => $"{Loss} on {Batch}";
}

/// <summary>Losses, their mean, and the gradient of the mean per column.</summary>
internal sealed record GoldenResult(double[] Losses, double Mean, Dictionary<string, double[]> Gradient);

/// <summary>The committed oracle (see Oracle/README.md).</summary>
internal static class Goldens
{
    /// <summary>Where PyTorch's own formulas overflow or lose their digits, and only the exact values count.</summary>
    public static readonly string[] TailBatches = ["extreme", "far-below", "far-above", "overflow", "scale", "examples-scale", "groups-scale"];

    public static IReadOnlyList<GoldenCase> Cases { get; } = Load();

    private static List<GoldenCase> Load()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Oracle", "goldens.json")));
        var batches = document.RootElement.GetProperty("batches").EnumerateObject()
            .ToDictionary(b => b.Name, b => Batch(b.Value));

        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c =>
        {
            var loss = LossCatalog.BuiltIn.Find(c.GetProperty("loss").GetString()!).Loss;
            foreach (var parameter in c.GetProperty("parameters").EnumerateObject())
            {
                loss = loss.With(parameter.Name, parameter.Value.GetDouble());
            }

            var batch = c.GetProperty("batch").GetString()!;
            var input = batches[batch];
            return new GoldenCase(loss, batch, input, Result(c.GetProperty("autograd"), input), Result(c.GetProperty("exact"), input));
        })];
    }

    /// <summary>Columns, of which those with an array for each row are padded and masked.</summary>
    private static FormulaBatch Batch(JsonElement element)
    {
        var columns = element.EnumerateObject().Where(c => c.Name != "scalars").ToDictionary(c => c.Name, c => c.Value);
        var scalars = element.TryGetProperty("scalars", out var given)
            ? given.EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetDouble())
            : [];
        var first = columns.Values.First();
        var rows = first.GetArrayLength();
        if (first[0].ValueKind != JsonValueKind.Array)
        {
            return new FormulaBatch(rows) { Columns = columns.ToDictionary(c => c.Key, c => Numbers(c.Value)), Scalars = scalars };
        }

        var sizes = first.EnumerateArray().Select(row => row.GetArrayLength()).ToArray();
        var mask = sizes.SelectMany(size => Enumerable.Range(0, sizes.Max()).Select(k => k < size)).ToArray();
        return new FormulaBatch(rows, sizes.Max())
        {
            Columns = columns.ToDictionary(c => c.Key, c => Padded([.. c.Value.EnumerateArray().SelectMany(Numbers)], mask, padding: -77)),
            Scalars = scalars,
            Mask = mask,
        };
    }

    private static double[] Padded(double[] values, bool[] mask, double padding)
    {
        var next = 0;
        return [.. mask.Select(valid => valid ? values[next++] : padding)];
    }

    private static GoldenResult Result(JsonElement element, FormulaBatch input) => new(
        Numbers(element.GetProperty("losses")),
        Number(element.GetProperty("mean")),
        element.GetProperty("gradient").EnumerateObject().ToDictionary(
            g => g.Name, g => input.Mask is null ? Numbers(g.Value) : Padded(Numbers(g.Value), input.Mask, padding: 0)));

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
