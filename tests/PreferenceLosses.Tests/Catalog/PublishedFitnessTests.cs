using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Catalog;

/// <summary>The published fitness, which belongs to exactly the function that earned it.</summary>
public sealed class PublishedFitnessTests
{
    /// <summary>Appendices A and F and table 1 of arXiv 2406.08414.</summary>
    private static readonly Dictionary<string, double> Published = new()
    {
        ["dpo"] = 7.8875,
        ["slic"] = 7.88125,
        ["ipo"] = 7.84,
        ["kto-pair"] = 7.603125,
        ["discopop-generated"] = 7.916,
        ["dbaql-generated"] = 7.978,
        ["aql-generated"] = 7.953,
        ["aqfl-generated"] = 7.931,
        ["padll"] = 7.940625,
        ["cell"] = 7.925,
        ["pfl-generated"] = 7.900,
        ["logistic-margin"] = 7.709375,
        ["adaptive-margin-logistic"] = 7.51875,
        ["combined-logistic-hinge"] = 7.7375,
        ["scaled-combined-logistic-hinge"] = 7.85625,
        ["annealed-combined-logistic-hinge"] = 7.66875,
        ["squared-logistic"] = 7.60062893,
        ["focal-logistic"] = 7.840625,
        ["temperature-scaled-logistic"] = 7.86875,
        ["corrected-label-smoothed-logistic"] = 6.425,
        ["decaying-weights-logistic"] = 7.871875,
        ["hybrid-performance-margin-decay-logistic"] = 7.6125,
        ["corrected-reinforced-margin-logistic"] = 7.525,
        ["certainty-scaled-logistic"] = 7.33125,
    };

    [Fact]
    public void The_published_fitness_of_each_loss_is_the_papers() => Assert.Equal(
        Published.OrderBy(pair => pair.Key, StringComparer.Ordinal),
        LossCatalog.BuiltIn.Entries.Where(entry => entry.PublishedFitness is not null)
            .ToDictionary(entry => entry.Name, entry => entry.PublishedFitness!.Value)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal));

    [Fact]
    public void Corrected_and_printed_forms_have_none_because_nobody_ran_them() => Assert.All(
        LossCatalog.BuiltIn.Entries.Where(entry => LossCatalog.BuiltIn.Entries.Any(other => other.Name == $"{entry.Name}-generated")
            || entry.Name.EndsWith("-printed", StringComparison.Ordinal)),
        entry => Assert.Null(entry.PublishedFitness));
}
