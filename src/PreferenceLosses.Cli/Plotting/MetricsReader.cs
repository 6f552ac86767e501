using System.Globalization;
using System.Text.Json;
using PreferenceLosses.Cli.Json;

namespace PreferenceLosses.Cli.Plotting;

/// <summary>A file of metrics: JSON lines with a step, and numbers by name.</summary>
/// <param name="Path">The file.</param>
/// <param name="Columns">Of each metric the steps and values that there are, in the order of the file.</param>
internal sealed record MetricsReader(string Path, IReadOnlyDictionary<string, (List<double> Steps, List<double> Values)> Columns)
{
    private const string Step = "step";

    /// <summary>Reads a file. A last line that is being written is left out.</summary>
    public static MetricsReader Read(string path)
    {
        var text = InputFile.Read(path, TextReader.Null);
        var columns = new Dictionary<string, (List<double> Steps, List<double> Values)>();
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length - 1; i++)
        {
            if (lines[i].Length > 0)
            {
                Add(columns, lines[i], string.Create(CultureInfo.InvariantCulture, $"{path}, line {i + 1}"));
            }
        }

        return columns.Count > 0 ? new(path, columns) : throw CommandException.Failure($"The file '{path}' has no metrics.");
    }

    private static void Add(Dictionary<string, (List<double> Steps, List<double> Values)> columns, string line, string where)
    {
        using var json = JsonText.Parse(line, where);
        var metrics = JsonText.Properties(json.RootElement, where);
        if (!metrics.TryGetValue(Step, out var step) || step.ValueKind != JsonValueKind.Number)
        {
            throw CommandException.Failure($"{where}: 'step' is missing, which has to be a number.");
        }

        foreach (var (name, value) in metrics)
        {
            // What was not finite is null, and texts are of other programs: neither is a point.
            if (name != Step && value.ValueKind == JsonValueKind.Number)
            {
                if (!columns.TryGetValue(name, out var column))
                {
                    columns[name] = column = ([], []);
                }

                column.Steps.Add(step.GetDouble());
                column.Values.Add(value.GetDouble());
            }
        }
    }
}
