using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace PreferenceLosses.Cli.Json;

/// <summary>Numbers of both precisions as JSON, where the strings "inf", "-inf" and "nan" stand for what JSON has no number for.</summary>
internal static class JsonNumbers
{
    /// <summary>Reads a number, rounded once to the precision.</summary>
    public static bool TryRead<T>(JsonElement element, out T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var text = JsonMarshal.GetRawUtf8Value(element);
        if (element.ValueKind == JsonValueKind.Number)
        {
            value = T.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            return true;
        }

        value = text switch
        {
            _ when text.SequenceEqual("\"inf\""u8) => T.PositiveInfinity,
            _ when text.SequenceEqual("\"-inf\""u8) => T.NegativeInfinity,
            _ => T.NaN,
        };
        return T.IsInfinity(value) || text.SequenceEqual("\"nan\""u8);
    }

    /// <summary>Writes a number with the fewest digits that read back to it.</summary>
    public static void Write<T>(Utf8JsonWriter writer, T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(value))
        {
            writer.WriteStringValue("nan");
        }
        else if (T.IsInfinity(value))
        {
            writer.WriteStringValue(T.IsPositive(value) ? "inf" : "-inf");
        }
        else if (typeof(T) == typeof(float))
        {
            writer.WriteNumberValue(float.CreateTruncating(value));
        }
        else
        {
            writer.WriteNumberValue(double.CreateTruncating(value));
        }
    }

    /// <summary>Writes an array of numbers.</summary>
    public static void Write<T>(Utf8JsonWriter writer, ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        writer.WriteStartArray();
        foreach (var value in values)
        {
            Write(writer, value);
        }

        writer.WriteEndArray();
    }
}
