using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>The names that an input may have: the library's columns, and whatever else the loss reads.</summary>
internal static class InputColumns
{
    /// <summary>The columns that a batch has a place for, whether the loss reads them or not.</summary>
    private static readonly string[] Known =
    [
        .. Columns.LogProbabilities,
        Columns.ChosenLength, Columns.RejectedLength, Columns.Length,
        Columns.ChosenScore, Columns.RejectedScore, Columns.Score,
        Columns.Margin, Columns.Desirable, Columns.Weight,
    ];

    public static bool IsKnown(string name) => Known.Contains(name);

    /// <summary>What the loss reads, in the order of the documentation, its own names last.</summary>
    public static IEnumerable<Expr> Of(PreferenceLoss loss) => loss.Graph.Inputs.OrderBy(
        input => Array.IndexOf(Known, input.Name) is >= 0 and var place ? place : Known.Length);

    /// <summary>In what shape the loss reads a name; null if it does not read it.</summary>
    public static Shape? ReadBy(PreferenceLoss loss, string name) =>
        loss.Graph.Inputs.FirstOrDefault(input => input.Name == name)?.Shape;

    public static CommandException Unknown(PreferenceLoss loss, string name) => CommandException.Failure(
        $"The input has no place for '{name}'; {loss.Name} reads {string.Join(", ", Of(loss).Select(input => input.Name))}, "
        + $"and accepted beside these are {string.Join(", ", Known.Where(known => ReadBy(loss, known) is null))}.");
}
