using System.Runtime.CompilerServices;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Documentation;

namespace PreferenceLosses.Analysis.Tests.Documentation;

/// <summary>docs/catalogue.md is what the catalogue says, and every loss is in one family.</summary>
public class CatalogueDocumentTests
{
    [Fact]
    public void The_committed_document_is_the_one_written_from_the_catalogue()
    {
        var committed = Path.Combine(AppContext.BaseDirectory, "Documentation", "catalogue.md");
        var (expected, actual) = (File.Exists(committed) ? File.ReadAllText(committed).ReplaceLineEndings("\n") : "", CatalogueDocument.Text());
        if (expected == actual)
        {
            return;
        }

        var received = Received();
        File.WriteAllText(received, actual);
        var changed = actual.Split('\n').Except(expected.Split('\n')).Take(5);
        Assert.Fail($"docs/catalogue.md is not what the catalogue says; the new text is in {received}.\n+ " + string.Join("\n+ ", changed));
    }

    [Fact]
    public void Every_loss_is_in_one_family() => Assert.Equal(
        LossCatalog.BuiltIn.Entries.Select(entry => entry.Name).Order(),
        CatalogueFamilies.All.SelectMany(family => family.Entries).Select(entry => entry.Name).Order());

    private static string Received([CallerFilePath] string here = "")
    {
        var docs = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs"));
        return Path.Combine(Directory.Exists(docs) ? docs : AppContext.BaseDirectory, "catalogue.received.md");
    }
}
