using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>A loss as one <c>align*</c> environment: formula, parts, derivatives.</summary>
internal static class LatexText
{
    public static string Of(IPreferenceLoss loss)
    {
        var graph = loss.Graph;
        var notation = new LatexNotation();
        var sheet = FormulaSheet.Of(graph, notation);
        var lines = new List<string>();
        lines.AddRange(sheet.Losses.Length == 1
            ? [$@"\ell &= {sheet.Losses[0]}"]
            : [$@"\ell_w &= {sheet.Losses[0]}", $@"\ell_l &= {sheet.Losses[1]}"]);
        lines.AddRange(sheet.Parts.Select(Line));

        var what = sheet.Losses.Length == 1 ? @"\ell" : @"(\ell_w + \ell_l)";
        what = graph.IsBatchCoupled ? $@"\sum_j {what}_j" : what;
        string Name(Expr column) => $@"\frac{{\partial {what}}}{{\partial {notation.Text(notation.Render(column, []))}}}";
        lines.AddRange(sheet.Derivatives.Select(derivative =>
            $"{Name(derivative.By)} &= {(derivative.Same is { } same ? (derivative.IsOpposite ? "-" : "") + Name(same) : derivative.Text)}"));
        lines.AddRange(sheet.DerivativeParts.Select(Line));
        return $"\\begin{{align*}}\n{string.Join(" \\\\\n", lines)}\n\\end{{align*}}\n";
    }

    private static string Line(Definition part) => $"{part.Name} &= {part.Text}";
}
