using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Documentation;

/// <summary>docs/exporting.md shows what the library writes.</summary>
public class ExportingTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documentation", "exporting.md"));

    [Fact]
    public void The_texts_of_the_page_are_what_is_written()
    {
        var loss = new DiscoPopLoss();
        Assert.Contains(loss.ToPyTorch(), Page, StringComparison.Ordinal);
        Assert.Contains(loss.ToLatex(), Page, StringComparison.Ordinal);
        Assert.Contains(loss.ToCSharp(), Page, StringComparison.Ordinal);
        Assert.Contains(LossJson.Serialize(new DpoLoss()), Page, StringComparison.Ordinal);
        var formula = loss.ToFormula().TrimEnd().Split('\n').Select(line => line.Length == 0 ? "" : "  " + line);
        Assert.Contains(string.Join('\n', formula), Page, StringComparison.Ordinal);
    }
}
