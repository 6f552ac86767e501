using System.Numerics;
using System.Text.Json;
using PreferenceLosses.Cli.Json;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>Writes what an evaluation gave. Means of no rows are null; a loss without implicit rewards has null rewards.</summary>
internal static class ResultWriter
{
    public static void Write<T>(Utf8JsonWriter writer, JsonElement? id, LossResult<T> result, InputBatch<T> batch)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        writer.WriteStartObject();
        if (id is { } given)
        {
            writer.WritePropertyName("id");
            writer.WriteRawValue(given.GetRawText());
        }

        WriteColumn(writer, "losses", result.Losses);
        WriteMean<T>(writer, "mean", result.Rows > 0 ? result.Value : null);
        WriteGradient(writer, result, batch);
        WriteRewards(writer, result);
        writer.WriteEndObject();
    }

    private static void WriteGradient<T>(Utf8JsonWriter writer, LossResult<T> result, InputBatch<T> batch)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        writer.WriteStartObject("gradient");
        foreach (var column in result.GradientColumns)
        {
            if (batch.IsGrouped(column))
            {
                WriteGroups(writer, column, result.Gradient(column), batch.Groups!);
            }
            else
            {
                WriteColumn(writer, column, result.Gradient(column));
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a column of K responses per row in the form in which it was given: without the padding.</summary>
    private static void WriteGroups<T>(Utf8JsonWriter writer, string name, ReadOnlySpan<T> values, ResponseGroups groups)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        writer.WriteStartArray(name);
        for (var row = 0; row < groups.Rows; row++)
        {
            JsonNumbers.Write(writer, values.Slice(row * groups.Width, groups[row]));
        }

        writer.WriteEndArray();
    }

    private static void WriteRewards<T>(Utf8JsonWriter writer, LossResult<T> result)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (result.Rewards is not { } rewards)
        {
            writer.WriteNull("rewards");
            return;
        }

        writer.WriteStartObject("rewards");
        WriteColumn(writer, "chosen", rewards.Chosen);
        WriteColumn(writer, "rejected", rewards.Rejected);
        WriteColumn(writer, "margins", rewards.Margins);
        WriteMean<T>(writer, "accuracy", result.Rows > 0 ? rewards.Accuracy : null);
        writer.WriteEndObject();
    }

    private static void WriteColumn<T>(Utf8JsonWriter writer, string name, ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        writer.WritePropertyName(name);
        JsonNumbers.Write(writer, values);
    }

    private static void WriteMean<T>(Utf8JsonWriter writer, string name, double? mean)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        writer.WritePropertyName(name);
        if (mean is { } number)
        {
            JsonNumbers.Write(writer, T.CreateTruncating(number));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
