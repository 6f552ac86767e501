using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>A loss as plain text: formula, parts, derivatives.</summary>
internal static class FormulaText
{
    private const string Indent = "  ";

    public static string Of(IPreferenceLoss loss)
    {
        var graph = loss.Graph;
        var sheet = FormulaSheet.Of(graph, new PlainNotation());
        var lines = new List<string>();
        lines.AddRange(sheet.Losses.Length == 1
            ? [$"ℓ = {sheet.Losses[0]}"]
            : [$"ℓ_chosen = {sheet.Losses[0]}", $"ℓ_rejected = {sheet.Losses[1]}"]);
        lines.AddRange(sheet.Parts.Select(Line));

        var what = (graph.IsBatchCoupled ? "Σ" : "") + (sheet.Losses.Length == 1 ? "ℓ" : "(ℓ_chosen + ℓ_rejected)");
        string Name(Expr column) => $"∂{what}/∂{column.Name}";
        lines.Add("");
        lines.AddRange(sheet.Derivatives.Select(derivative =>
            $"{Name(derivative.By)} = {(derivative.Same is { } same ? (derivative.IsOpposite ? "−" : "") + Name(same) : derivative.Text)}"));
        lines.AddRange(sheet.DerivativeParts.Select(Line));
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static string Line(Definition part) => $"{Indent}{part.Name} = {part.Text}";
}
