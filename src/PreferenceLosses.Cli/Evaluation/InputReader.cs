using System.Numerics;
using System.Text.Json;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>Reads an input, a JSON object of columns and scalars, for one loss.</summary>
internal sealed class InputReader<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly PreferenceLoss loss;
    private readonly InputBatch<T> batch = new();
    private string? firstGrouped;

    private InputReader(PreferenceLoss loss) => this.loss = loss;

    /// <summary>Reads the input as far as JSON is concerned; lengths and values are the library's to check.</summary>
    public static InputBatch<T> Read(JsonElement input, PreferenceLoss loss)
    {
        var reader = new InputReader<T>(loss);
        foreach (var (name, value) in JsonText.Properties(input, "The input"))
        {
            reader.Add(name, value);
        }

        return reader.batch;
    }

    private void Add(string name, JsonElement value)
    {
        var shape = InputColumns.ReadBy(loss, name);
        if (shape is null && !InputColumns.IsKnown(name))
        {
            throw InputColumns.Unknown(loss, name);
        }

        if (shape == Shape.Scalar)
        {
            batch.AddScalar(name, Scalar(name, value));
        }
        else if (value.ValueKind != JsonValueKind.Array)
        {
            throw CommandException.Failure($"The column '{name}' is {JsonText.Describe(value)}; an array is accepted.");
        }
        else if (shape == Shape.Responses || (shape is null && name != Columns.Weight && IsArrayOfRows(value)))
        {
            AddGroups(name, value);
        }
        else
        {
            batch.AddColumn(name, [.. value.EnumerateArray().Select((element, row) => Value(name, element, row))]);
        }
    }

    private void AddGroups(string name, JsonElement value)
    {
        var groups = Groups(name, value);
        var values = new T[groups.Rows * groups.Width];
        foreach (var (row, responses) in value.EnumerateArray().Index())
        {
            foreach (var (k, element) in responses.EnumerateArray().Index())
            {
                values[(row * groups.Width) + k] = Value(name, element, row, k);
            }
        }

        batch.AddGroupedColumn(name, values, groups);
    }

    /// <summary>The groups of a column, the same as those of the columns before it.</summary>
    private ResponseGroups Groups(string name, JsonElement value)
    {
        var groups = new ResponseGroups([.. value.EnumerateArray().Select((responses, row) => Length(name, responses, row))]);
        if (batch.Groups is not { } first)
        {
            firstGrouped = name;
            return groups;
        }

        for (var row = 0; row < Math.Min(first.Rows, groups.Rows); row++)
        {
            if (groups[row] != first[row])
            {
                throw CommandException.Failure(
                    $"The column '{name}' has {groups[row]} responses at row {row}, and '{firstGrouped}' has {first[row]}; the same number is needed.");
            }
        }

        return groups.Rows == first.Rows ? first : throw CommandException.Failure(
            $"The column '{name}' has {groups.Rows} rows and '{firstGrouped}' has {first.Rows}; the same number is needed.");
    }

    private static int Length(string name, JsonElement responses, int row) => responses.ValueKind == JsonValueKind.Array
        ? responses.GetArrayLength()
        : throw CommandException.Failure(
            $"The column '{name}' is {JsonText.Describe(responses)} at row {row}; an array with the values of that row's responses is accepted.");

    private T Scalar(string name, JsonElement value) => JsonNumbers.TryRead<T>(value, out var number)
        ? number
        : throw CommandException.Failure($"'{name}' is {JsonText.Describe(value)}; {loss.Name} reads one number for the whole batch.");

    private static T Value(string name, JsonElement element, int row, int? response = null)
    {
        var isTruth = name == Columns.Desirable;
        if (isTruth && element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.ValueKind == JsonValueKind.True ? T.One : T.Zero;
        }

        if (!isTruth && JsonNumbers.TryRead<T>(element, out var number))
        {
            return number;
        }

        var where = response is null ? $"row {row}" : $"row {row}, response {response}";
        var accepted = isTruth ? "true and false are accepted" : "a number is accepted, or \"inf\", \"-inf\" or \"nan\"";
        throw CommandException.Failure($"The column '{name}' is {JsonText.Describe(element)} at {where}; {accepted}.");
    }

    private static bool IsArrayOfRows(JsonElement column) =>
        column.GetArrayLength() > 0 && column[0].ValueKind == JsonValueKind.Array;
}
