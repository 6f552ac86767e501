using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Catalog;

/// <summary>Looking a loss up, and adding one's own.</summary>
public sealed class FindTests
{
    private static readonly LossEntry Own = new(
        PairLoss.Define("own", [], pair => -pair.LogRatioDifference), new Paper("Own", "0000.00000", "eq. 1"), "Linear.") { Aliases = ["mine"] };

    [Theory]
    [InlineData("hing", "hinge")]
    [InlineData("discpop", "discopop")]
    [InlineData("kto_pair", "kto-pair")]
    [InlineData("aql_generated", "aql-generated")]
    [InlineData("sigmoidal", "sigmoid")]
    [InlineData("dop", "dpo")]
    public void An_unknown_name_is_refused_with_the_nearest_one_first(string unknown, string nearest)
    {
        var refused = Assert.Throws<ArgumentException>(() => LossCatalog.BuiltIn.Find(unknown));
        Assert.Contains($"no loss '{unknown}'; the nearest names are {nearest}, ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DPO")]
    [InlineData("")]
    [InlineData(" dpo")]
    public void A_name_is_taken_as_it_is_written(string name) =>
        Assert.Throws<ArgumentException>(() => LossCatalog.BuiltIn.Find(name));

    [Fact]
    public void A_catalogue_with_more_losses_finds_old_and_new_ones_and_leaves_the_first_as_it_was()
    {
        var catalog = LossCatalog.BuiltIn.With(Own);
        Assert.Same(Own, catalog.Find("own"));
        Assert.Same(Own, catalog.Find("mine"));
        Assert.Equal("dpo", catalog.Find("sigmoid").Name);
        Assert.Same(Own, catalog.Entries[^1]);
        Assert.Throws<ArgumentException>(() => LossCatalog.BuiltIn.Find("own"));
        Assert.Contains("own", Assert.Throws<ArgumentException>(() => catalog.Find("owm")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_alone_may_be_added_at_the_values_it_has_and_has_no_paper()
    {
        var entry = LossCatalog.BuiltIn.With(PairLoss.Define("alone", [], pair => -pair.LogRatioDifference)).Find("alone");
        Assert.Equal("alone", entry.Name);
        Assert.Null(entry.Paper);
        Assert.Null(entry.PublishedFitness);
        Assert.False(entry.IsCandidate);
        Assert.Empty(entry.Aliases);
        Assert.Throws<ArgumentException>(() => LossCatalog.BuiltIn.With(new DpoLoss { Beta = 0.5 }));
    }

    [Theory]
    [InlineData("dpo", "mine")]
    [InlineData("hinge", "mine")]
    [InlineData("own", "lrml")]
    [InlineData("own", "own")]
    public void A_name_or_alias_that_is_taken_is_refused(string name, string alias)
    {
        var entry = new LossEntry(PairLoss.Define(name, [], pair => -pair.LogRatioDifference), Own.Paper, "Taken.") { Aliases = [alias] };
        var refused = Assert.Throws<ArgumentException>(() => LossCatalog.BuiltIn.With(entry));
        Assert.Contains("leads to two losses", refused.Message, StringComparison.Ordinal);
    }
}
