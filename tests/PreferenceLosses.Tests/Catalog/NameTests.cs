using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Catalog;

/// <summary>Names are a contract: configurations and archives hold them.</summary>
public sealed class NameTests
{
    [Fact]
    public void The_names_are_those_of_the_design_in_this_order() => Assert.Equal(
        [
            "dpo", "slic", "ipo", "exponential", "kto-pair",
            "discopop", "discopop-generated", "dbaql", "dbaql-generated", "aql", "aql-generated", "aql-printed",
            "aqfl", "aqfl-generated", "aqfl-printed", "padll", "cell", "pfl", "pfl-generated",
            "logistic-margin", "adaptive-margin-logistic", "combined-logistic-hinge", "scaled-combined-logistic-hinge",
            "annealed-combined-logistic-hinge", "squared-logistic", "focal-logistic", "temperature-scaled-logistic",
            "corrected-label-smoothed-logistic", "decaying-weights-logistic", "hybrid-performance-margin-decay-logistic",
            "corrected-reinforced-margin-logistic", "certainty-scaled-logistic",
        ],
        LossCatalog.BuiltIn.Entries.Select(entry => entry.Name));

    [Fact]
    public void The_aliases_are_those_of_the_design() => Assert.Equal(
        ["sigmoid → dpo", "logistic → dpo", "hinge → slic", "lrml → discopop"],
        LossCatalog.BuiltIn.Entries.SelectMany(entry => entry.Aliases.Select(alias => $"{alias} → {entry.Name}")));

    [Fact]
    public void Trl_has_these_functions_under_these_names_and_not_the_others() => Assert.Equal(
        ["dpo = sigmoid", "slic = hinge", "discopop = discopop"],
        LossCatalog.BuiltIn.Entries.Where(entry => entry.TrlLossType is not null).Select(entry => $"{entry.Name} = {entry.TrlLossType}"));

    [Fact]
    public void The_last_thirteen_are_candidates_kept_as_data()
    {
        Assert.All(LossCatalog.BuiltIn.Entries[..^13], entry => Assert.False(entry.IsCandidate, entry.Name));
        Assert.All(LossCatalog.BuiltIn.Entries[^13..], entry => Assert.True(entry.IsCandidate, entry.Name));
    }

    [Fact]
    public void Every_name_and_alias_is_in_kebab_case_and_leads_to_one_loss()
    {
        var names = LossCatalog.BuiltIn.Entries.SelectMany(entry => entry.Aliases.Append(entry.Name).Select(name => (name, entry))).ToList();
        Assert.Equal(names.Count, names.Select(pair => pair.name).Distinct().Count());
        Assert.All(names, pair =>
        {
            Assert.Matches("^[a-z]+(-[a-z]+)*$", pair.name);
            Assert.Same(pair.entry, LossCatalog.BuiltIn.Find(pair.name));
        });
    }

    [Fact]
    public void Every_entry_says_where_it_was_published_and_what_it_is()
    {
        Assert.All(LossCatalog.BuiltIn.Entries, entry =>
        {
            Assert.Matches(@"^\d{4}\.\d{5}$", entry.Paper!.ArXiv);
            Assert.Matches(@"^(eq\.|table|appendix) \w", entry.Paper.Location);
            Assert.EndsWith(".", entry.Summary, StringComparison.Ordinal);
        });

        // The five baselines have papers of their own, but KTO-pair, whose paired form is DiscoPOP's.
        Assert.Equal(
            ["2305.18290", "2309.06657", "2310.12036", "2402.05749"],
            LossCatalog.BuiltIn.Entries.Where(entry => entry.Paper!.ArXiv != "2406.08414").Select(entry => entry.Paper!.ArXiv));
    }

    [Fact]
    public void Every_loss_knows_its_own_name() => Assert.All(
        LossCatalog.BuiltIn.Entries, entry => Assert.Equal(entry.Name, (entry.Loss with { }).Name));
}
