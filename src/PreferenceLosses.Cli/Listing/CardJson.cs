using System.Text.Json;
using PreferenceLosses.Analysis;
using PreferenceLosses.Cli.Json;

namespace PreferenceLosses.Cli.Listing;

/// <summary>The property card of a loss as a JSON object: the inputs, and one object per question, with its verdict and what it found.</summary>
internal static class CardJson
{
    public static void Write(Utf8JsonWriter writer, PropertyCard card)
    {
        writer.WriteStartObject("card");
        WriteArray(writer, "inputs", card.Inputs, input =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", input.Name);
            writer.WriteString("shape", Name(input.Shape));
            writer.WriteBoolean("differentiable", input.IsDifferentiable);
            writer.WriteEndObject();
        });
        foreach (var (question, answer) in card.Findings)
        {
            writer.WriteStartObject(Key(question));
            writer.WriteString("verdict", Verdicts.Name(answer.Verdict));
            writer.WriteString("explanation", answer.Explanation);
            WriteDetails(writer, answer);
            if (answer.Witness is { } witness)
            {
                Write(writer, witness);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>"function of ρ" is <c>function_of_rho</c>.</summary>
    private static string Key(string question) =>
        question.Replace("ρ", "rho", StringComparison.Ordinal).Replace("β", "beta", StringComparison.Ordinal).Replace(' ', '_').Replace('-', '_');

    private static void WriteDetails(Utf8JsonWriter writer, Finding answer)
    {
        switch (answer)
        {
            case ShiftFinding shifts:
                WriteArray(writer, "ignores_shifts_of", Enum.GetValues<Invariance>().Where(flag => int.IsPow2((int)flag) && shifts.Ignored.HasFlag(flag)), flag => writer.WriteStringValue(Name(flag)));
                break;
            case BetaFinding beta:
                writer.WriteString("use", Name(beta.Use));
                WriteNumber(writer, "degree", beta.Degree);
                break;
            case ContinuityFinding continuity:
                writer.WriteBoolean("smooth", continuity.IsSmooth);
                break;
            case BoundsFinding bounds:
                WriteNumber(writer, "lower", bounds.Lower);
                WriteNumber(writer, "upper", bounds.Upper);
                break;
            case LandscapeFinding landscape:
                WriteArray(writer, "points", landscape.Points, point => Write(writer, point.Path, () =>
                {
                    writer.WriteString("kind", Name(point.Kind));
                    WriteNumber(writer, "at", point.At);
                    WriteNumber(writer, "loss", point.Loss);
                }));
                break;
            case TailFinding tails:
                WriteArray(writer, "tails", tails.Tails, tail => Write(writer, tail.Path, () =>
                {
                    writer.WriteString("towards", tail.TowardsPlus ? "inf" : "-inf");
                    writer.WriteString("kind", Name(tail.Kind));
                    WriteNumber(writer, "number", tail.Number);
                }));
                break;
            case OverflowFinding overflow:
                WriteArray(writer, "points", overflow.Points, point => Write(writer, point.Path, () =>
                {
                    writer.WriteString("precision", point.Precision);
                    WriteNumber(writer, "at", point.At);
                    writer.WriteBoolean("gradient_only", point.IsGradientOnly);
                }));
                break;
            case StartFinding start:
                writer.WriteString("direction", start.Direction is { } direction ? Name(direction) : null);
                WriteNumber(writer, "slope", start.Slope);
                WriteNumber(writer, "share_of_dpo", start.ShareOfDpo);
                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, Witness witness) => WriteArray(writer, "witness", witness.Observations, seen =>
    {
        writer.WriteStartObject();
        writer.WriteStartObject("input");
        foreach (var (column, values) in seen.Columns)
        {
            // As evaluate reads it: an array of rows where there are K values per row.
            if (values.Length == seen.Rows)
            {
                WriteArray(writer, column, values, value => JsonNumbers.Write(writer, value));
            }
            else
            {
                WriteArray(writer, column, values.Chunk(seen.ResponsesPerRow), row => JsonNumbers.Write<double>(writer, row));
            }
        }

        foreach (var (scalar, value) in seen.Scalars)
        {
            WriteNumber(writer, scalar, value);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("set");
        foreach (var (parameter, value) in seen.Parameters)
        {
            WriteNumber(writer, parameter.Name!, value);
        }

        writer.WriteEndObject();
        if (seen.Row is { } row)
        {
            writer.WriteNumber("row", row);
            writer.WriteNumber("output", seen.Output);
        }

        WriteNumber(writer, seen.Row is null ? "mean" : "loss", seen.Loss);
        writer.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter writer, string path, Action properties)
    {
        writer.WriteStartObject();
        writer.WriteString("path", path);
        properties();
        writer.WriteEndObject();
    }

    private static void WriteArray<T>(Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            write(item);
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        writer.WritePropertyName(name);
        if (value is { } number)
        {
            JsonNumbers.Write(writer, number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    /// <summary>PushesChosenDown is <c>pushes-chosen-down</c>.</summary>
    private static string Name<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((letter, i) => char.IsUpper(letter) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(letter) : $"{letter}"));
}
