using System.Globalization;
using PreferenceLosses.Cli.Evaluation;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Listing;

/// <summary>The catalogue as a table for people, the candidates of discovery runs apart.</summary>
internal static class CatalogTable
{
    private static readonly string[] Heading = ["NAME", "ALIASES", "TRL", "PAPER", "FITNESS", "PARAMETERS", "INPUTS"];

    public static void Write(LossCatalog catalog, TextWriter output)
    {
        Write(output, [.. catalog.Entries.Where(entry => !entry.IsCandidate)]);
        output.Write("\nCandidates of discovery runs, here as data and not as recommendations:\n");
        Write(output, [.. catalog.Entries.Where(entry => entry.IsCandidate)]);
        output.Write("\nFITNESS is what the DiscoPOP paper published for exactly this function at beta = 0.05: the MT-Bench score of one training run.\n");
    }

    private static void Write(TextWriter output, IReadOnlyList<LossEntry> entries) =>
        TextTable.Write(output, [Heading, .. entries.Select(Row)]);

    private static string[] Row(LossEntry entry) =>
    [
        entry.Name,
        string.Join(", ", entry.Aliases),
        entry.TrlLossType ?? "",
        entry.Paper is { } paper ? $"arXiv {paper.ArXiv} {paper.Location}".TrimEnd() : "",
        entry.PublishedFitness?.ToString(CultureInfo.InvariantCulture) ?? "",
        string.Join(", ", entry.Loss.Parameters.Select(bound => FormattableString.Invariant($"{bound.Parameter.Name}={bound.Value}"))),
        string.Join(", ", InputColumns.Of(entry.Loss).Select(input => input.Name)),
    ];
}
