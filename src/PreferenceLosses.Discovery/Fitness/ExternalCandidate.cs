using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery;

/// <summary>
/// An objective as a command gets it, one line of JSON on standard input:
/// <code>{"format":1,"number":7,"name":"adaptive-margin","seeds":[0,1,2],"pytorch":"def …","trl":"…","loss":{…}}</code>
/// <c>pytorch</c> is the function of <see cref="LossExport.ToPyTorch"/>, <c>trl</c> the file of <see cref="LossExport.ToTrl"/>, <c>loss</c> the JSON of <see cref="LossJson"/>; each
/// of the first two is null where the formula has no such text.
/// </summary>
internal static class ExternalCandidate
{
    /// <summary>The version of the form. It changes when something that is there now is called otherwise or means something else.</summary>
    public const int Format = 1;

    /// <summary>Writes an objective, in UTF-8 with a line feed at the end.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="seeds">The seeds that scores are wanted for.</param>
    public static byte[] Write(Objective objective, ImmutableArray<ulong> seeds)
    {
        ArgumentNullException.ThrowIfNull(objective);
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", Format);
            writer.WriteNumber("number", objective.Number);
            writer.WriteString("name", objective.Name);
            writer.WriteStartArray("seeds");
            foreach (var seed in seeds)
            {
                writer.WriteNumberValue(seed);
            }

            writer.WriteEndArray();
            writer.WriteString("pytorch", TextOf(objective.Loss, LossExport.ToPyTorch));
            writer.WriteString("trl", TextOf(objective.Loss, LossExport.ToTrl));
            writer.WritePropertyName("loss");
            LossJson.Write(writer, objective.Loss);
            writer.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    private static string? TextOf(IPreferenceLoss loss, Func<IPreferenceLoss, string> write)
    {
        try
        {
            return write(loss);
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }
}
