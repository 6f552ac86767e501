using System.Text.Json;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>JSON lines in, JSON lines out, in the same order; a bad line gives its error, and the rest go on.</summary>
internal sealed class BatchEvaluation(LossCatalog catalog, TextWriter output)
{
    /// <summary>Answers every line; each answer is written out before the next line is read. Blank lines are skipped.</summary>
    /// <returns>The exit status: a failure if any line failed.</returns>
    public int Run(IEnumerable<string> lines)
    {
        var status = ExitStatus.Success;
        foreach (var line in lines.Where(line => !string.IsNullOrWhiteSpace(line)))
        {
            if (!TryAnswer(line))
            {
                status = ExitStatus.Failure;
            }

            output.Flush();
        }

        return status;
    }

    private bool TryAnswer(string line)
    {
        JsonElement? id = null;
        try
        {
            using var document = JsonText.Parse(line, "The line");
            id = RequestReader.Id(document.RootElement)?.Clone();       // The document is gone when an error is written.
            Evaluator.Answer(RequestReader.Read(document.RootElement, catalog), id, output);
            return true;
        }
        catch (CommandException wrong)
        {
            JsonText.WriteLine(output, writer => WriteError(writer, id, wrong.Message));
            return false;
        }
    }

    private static void WriteError(Utf8JsonWriter writer, JsonElement? id, string message)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("id");
        writer.WriteRawValue(id?.GetRawText() ?? "null");
        writer.WriteString("error", message);
        writer.WriteEndObject();
    }
}
