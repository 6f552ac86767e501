using System.Text.Json;
using PreferenceLosses.Analysis;
using PreferenceLosses.Cli.Evaluation;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Listing;

/// <summary>The catalogue as a JSON array of objects, for programs.</summary>
internal static class CatalogJson
{
    public static void Write(LossCatalog catalog, TextWriter output) => JsonText.WriteIndented(output, writer =>
    {
        writer.WriteStartArray();
        foreach (var entry in catalog.Entries)
        {
            Write(writer, entry);
        }

        writer.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter writer, LossEntry entry)
    {
        var graph = entry.Loss.Graph;
        writer.WriteStartObject();
        writer.WriteString("name", entry.Name);
        WriteStrings(writer, "aliases", entry.Aliases);
        writer.WriteString("trl_loss_type", entry.TrlLossType);
        writer.WriteString("trl_trainer", entry.TrlTrainer);
        Write(writer, entry.Paper);
        writer.WriteString("summary", entry.Summary);
        writer.WriteString("formula", entry.Formula);
        WriteStrings(writer, "inputs", InputColumns.Of(entry.Loss).Select(input => input.Name!));
        writer.WriteNumber("outputs_per_row", graph.Losses.Length);
        writer.WriteNumber("minimum_rows", graph.MinimumRows);
        writer.WriteBoolean("batch_coupled", graph.IsBatchCoupled);
        WriteParameters(writer, entry.Loss.Parameters);
        writer.WriteBoolean("candidate", entry.IsCandidate);
        writer.WritePropertyName("published_fitness");
        if (entry.PublishedFitness is { } fitness)
        {
            writer.WriteNumberValue(fitness);
        }
        else
        {
            writer.WriteNullValue();
        }

        CardJson.Write(writer, PropertyCard.Of(entry.Loss));
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Paper? paper)
    {
        if (paper is null)
        {
            writer.WriteNull("paper");
            return;
        }

        writer.WriteStartObject("paper");
        writer.WriteString("title", paper.Title);
        writer.WriteString("arxiv", paper.ArXiv);
        writer.WriteString("location", paper.Location);
        writer.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter writer, ParameterValues parameters)
    {
        writer.WriteStartArray("parameters");
        foreach (var (parameter, _) in parameters)
        {
            writer.WriteStartObject();
            writer.WriteString("name", parameter.Name);
            writer.WriteString("symbol", parameter.Symbol);
            writer.WriteNumber("default", parameter.Default);
            writer.WriteString("accepted", parameter.Bounds.ToString());
            writer.WriteString("recommendation", parameter.Recommendation);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
