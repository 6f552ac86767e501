using System.Globalization;
using PreferenceLosses.Cli.Evaluation;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Cli.Listing;

/// <summary>Everything there is to know about one loss, for people.</summary>
internal static class LossSheet
{
    private const string Indent = "  ";

    private static readonly string[] Heading = ["PARAMETER", "SYMBOL", "VALUE", "DEFAULT", "ACCEPTED", "RECOMMENDATION"];

    /// <summary>Writes the sheet.</summary>
    /// <param name="entry">The entry of the catalogue.</param>
    /// <param name="loss">The entry's loss with the values that are wanted.</param>
    /// <param name="output">Where to.</param>
    public static void Write(LossEntry entry, PreferenceLoss loss, TextWriter output)
    {
        output.Write($"{entry.Name}\n{Indent}{entry.Summary}\n\n");
        TextTable.Write(output, [.. Facts(entry, loss.Graph)], Indent);
        output.Write('\n');
        foreach (var line in loss.ToFormula().Split('\n'))
        {
            output.Write(line.Length == 0 ? "\n" : $"{Indent}{line}\n");
        }

        if (loss.Parameters.Count == 0)
        {
            output.Write($"{Indent}no parameters\n");
        }
        else
        {
            TextTable.Write(output, [Heading, .. loss.Parameters.Select(Row)], Indent);
        }

        CardSection.Write(loss, output);
    }

    private static IEnumerable<string[]> Facts(LossEntry entry, LossGraph graph)
    {
        if (entry.Formula.Length > 0)
        {
            yield return ["loss", entry.Formula];
        }

        if (entry.Aliases.Count > 0)
        {
            yield return ["also known as", string.Join(", ", entry.Aliases)];
        }

        yield return ["TRL loss_type", entry.TrlLossType is { } type ? $"{type} of {entry.TrlTrainer}" : "none: TRL does not have this function"];
        if (entry.Paper is { } paper)
        {
            yield return ["paper", paper.Title];
            yield return ["", $"arXiv {paper.ArXiv}{(paper.Location.Length > 0 ? ", " : "")}{paper.Location}"];
        }

        yield return ["inputs", string.Join(", ", InputColumns.Of(entry.Loss).Select(Describe))];
        yield return ["losses per row", graph.Losses.Length == 2 ? "2: first the chosen halves of all rows, then the rejected ones" : "1"];
        yield return ["rows", (graph.MinimumRows > 1 ? $"at least {graph.MinimumRows}, " : "any number, ")
            + (graph.IsBatchCoupled ? "each depending on the others in the batch" : "each by itself")];
        if (entry.PublishedFitness is { } fitness)
        {
            yield return ["published fitness", fitness.ToString(CultureInfo.InvariantCulture)
                + " (DiscoPOP paper at beta = 0.05: the MT-Bench score of one training run)"];
        }

        if (entry.IsCandidate)
        {
            yield return ["candidate", "of a discovery run, here as data and not as a recommendation"];
        }
    }

    private static string Describe(Expr input) => input.Shape switch
    {
        Shape.Scalar => $"{input.Name} (one number)",
        Shape.Responses => $"{input.Name} (K responses per row)",
        _ => input.Name!,
    };

    private static string[] Row(ParameterValue bound) =>
    [
        bound.Parameter.Name!,
        bound.Parameter.Symbol,
        bound.Value.ToString(CultureInfo.InvariantCulture),
        bound.Parameter.Default.ToString(CultureInfo.InvariantCulture),
        bound.Parameter.Bounds.ToString(),
        bound.Parameter.Recommendation,
    ];
}
