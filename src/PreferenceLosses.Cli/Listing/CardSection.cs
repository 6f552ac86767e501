using PreferenceLosses.Analysis;

namespace PreferenceLosses.Cli.Listing;

/// <summary>The property card of a loss, for people: question, verdict, answer, and below it what shows that something is false.</summary>
internal static class CardSection
{
    public static void Write(IPreferenceLoss loss, TextWriter output)
    {
        output.Write("\n  property card (docs/property-card.md)\n");
        TextTable.Write(output, [.. PropertyCard.Of(loss).Findings.SelectMany(finding => Rows(finding.Question, finding.Answer))], "  ");
    }

    private static IEnumerable<string[]> Rows(string question, Finding answer)
    {
        yield return [question, Verdicts.Name(answer.Verdict), answer.Explanation];
        if (answer.Witness is { } witness)
        {
            yield return ["", "", witness.ToString()];
        }
    }
}
