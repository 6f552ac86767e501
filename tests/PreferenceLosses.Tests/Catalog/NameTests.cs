using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Catalog;

/// <summary>Names are a contract: configurations and archives hold them.</summary>
public sealed class NameTests
{
    [Fact]
    public void The_names_are_those_of_the_design_in_this_order() => Assert.Equal(
        [
            "dpo", "slic", "ipo", "ipo-averaged", "exponential", "kto-pair",
            "cdpo", "robust", "sigmoid-norm", "exo-pair", "nca-pair", "bco-pair", "bco-pair-shifted", "sppo-hard", "sppo",
            "aot", "aot-unpaired", "apo-zero", "apo-down", "odpo", "r-dpo", "dpop", "dpo-shift", "cal-dpo", "chi-po", "aipo",
            "beta-dpo", "alpha-dpo", "tdpo1", "tdpo2", "gpo-squared", "gpo-truncated-quadratic", "gpo-savage",
            "f-dpo-forward-kl", "f-dpo-js", "f-dpo-alpha",
            "discopop", "discopop-generated", "dbaql", "dbaql-generated", "aql", "aql-generated", "aql-printed",
            "aqfl", "aqfl-generated", "aqfl-printed", "padll", "cell", "pfl", "pfl-generated",
            "cpo", "simpo", "alphapo", "orpo", "slic-hf", "tpo", "tpo-l", "nll", "sft",
            "kto", "bco", "apo-zero-unpaired",
            "plackett-luce", "info-nca", "nca", "exo", "pro", "rrhf",
            "logistic-margin", "adaptive-margin-logistic", "combined-logistic-hinge", "scaled-combined-logistic-hinge",
            "annealed-combined-logistic-hinge", "squared-logistic", "focal-logistic", "temperature-scaled-logistic",
            "corrected-label-smoothed-logistic", "decaying-weights-logistic", "hybrid-performance-margin-decay-logistic",
            "corrected-reinforced-margin-logistic", "certainty-scaled-logistic",
        ],
        LossCatalog.BuiltIn.Entries.Select(entry => entry.Name));

    [Fact]
    public void The_aliases_are_those_of_the_design() => Assert.Equal(
        [
            "sigmoid → dpo", "logistic → dpo", "hinge → slic", "conservative-dpo → cdpo", "robust-dpo → robust", "dpo-norm → sigmoid-norm",
            "sppo-soft → sppo", "offset-dpo → odpo", "margin-dpo → odpo", "length-regularized-dpo → r-dpo", "dpo-positive → dpop", "smaug → dpop",
            "chi-squared-po → chi-po", "squared-loss → gpo-squared", "truncated-quadratic → gpo-truncated-quadratic", "savage → gpo-savage",
            "lrml → discopop", "pl-dpo → plackett-luce",
        ],
        LossCatalog.BuiltIn.Entries.SelectMany(entry => entry.Aliases.Select(alias => $"{alias} → {entry.Name}")));

    [Fact]
    public void Trl_has_these_functions_under_these_names_and_not_the_others() => Assert.Equal(
        [
            "DPOTrainer dpo = sigmoid", "DPOTrainer slic = hinge", "DPOTrainer ipo-averaged = ipo", "DPOTrainer robust = robust",
            "DPOTrainer sigmoid-norm = sigmoid_norm", "DPOTrainer exo-pair = exo_pair", "DPOTrainer nca-pair = nca_pair",
            "DPOTrainer bco-pair = bco_pair", "DPOTrainer sppo-hard = sppo_hard", "DPOTrainer aot = aot", "DPOTrainer aot-unpaired = aot_unpaired",
            "DPOTrainer apo-zero = apo_zero", "DPOTrainer apo-down = apo_down", "DPOTrainer discopop = discopop",
            "CPOTrainer cpo = sigmoid", "CPOTrainer simpo = simpo", "CPOTrainer alphapo = alphapo", "ORPOTrainer orpo = orpo",
            "TPOTrainer tpo = sigmoid", "TPOTrainer tpo-l = tpo-l", "DPOTrainer sft = sft",
            "KTOTrainer kto = kto", "BCOTrainer bco = bco", "KTOTrainer apo-zero-unpaired = apo_zero_unpaired",
        ],
        LossCatalog.BuiltIn.Entries.Where(entry => entry.TrlLossType is not null)
            .Select(entry => $"{entry.TrlTrainer} {entry.Name} = {entry.TrlLossType}"));

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
            Assert.Matches("^[a-z]+[12]?(-[a-z]+)*$", pair.name);
            Assert.Same(pair.entry, LossCatalog.BuiltIn.Find(pair.name));
        });
    }

    [Fact]
    public void Every_entry_says_where_it_was_published_and_what_it_is()
    {
        Assert.All(LossCatalog.BuiltIn.Entries, entry =>
        {
            Assert.Matches(@"^\d{4}\.\d{5}$", entry.Paper!.ArXiv);
            Assert.Matches(@"^$|^(eq\.|table|appendix) \w", entry.Paper.Location);
            Assert.EndsWith(".", entry.Summary, StringComparison.Ordinal);
            Assert.NotEmpty(entry.Formula);
        });
    }

    [Fact]
    public void A_paper_has_one_title() => Assert.All(
        LossCatalog.BuiltIn.Entries.GroupBy(entry => entry.Paper!.ArXiv),
        papers => Assert.Single(papers.Select(entry => entry.Paper!.Title).Distinct()));

    [Fact]
    public void Every_loss_knows_its_own_name() => Assert.All(
        LossCatalog.BuiltIn.Entries, entry => Assert.Equal(entry.Name, (entry.Loss with { }).Name));
}
