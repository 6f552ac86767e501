using Xunit.Sdk;

namespace PreferenceLosses.Tests.Support;

/// <summary>The helper that the properties rest on can fail, says how, and repeats itself.</summary>
public sealed class PropertyTests
{
    [Fact]
    public void A_property_that_holds_passes_and_runs_as_often_as_it_is_told()
    {
        var runs = 0;
        Property.Check(Any.Difference, _ => runs++, count: 37);
        Assert.Equal(37, runs);
    }

    [Fact]
    public void A_failure_shows_the_shrunk_case_the_seed_and_the_reason()
    {
        var failure = FailureOf(seed: 12345);

        // The smallest whole number above 7, which is what the shrinker leads to.
        Assert.Contains("shrinks, by\n  8\n", failure.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("Replay with PREFERENCE_LOSSES_SEED=12345", failure, StringComparison.Ordinal);
        Assert.Contains("more than seven", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_cases_and_the_same_failure()
    {
        Assert.Equal(CasesOf(seed: 7), CasesOf(seed: 7));
        Assert.NotEqual(CasesOf(seed: 7), CasesOf(seed: 8));
        Assert.Equal(FailureOf(seed: 99), FailureOf(seed: 99));
    }

    [Fact]
    public void The_seed_is_the_wanted_one_or_follows_from_the_name_of_the_test()
    {
        Assert.Equal(31UL, Property.Seed("a", "31"));
        Assert.Equal(Property.Seed("a", null), Property.Seed("a", ""));
        Assert.NotEqual(Property.Seed("a", null), Property.Seed("b", null));
        Assert.NotEqual(Property.Seed("a", "random"), Property.Seed("a", "random"));
    }

    [Fact]
    public void A_seed_from_a_failure_repeats_it_when_it_is_asked_for()
    {
        var printed = FailureOf(Property.Seed("some test", null)).Split("SEED=")[1].Split('\n')[0].Trim();
        Assert.Contains($"SEED={printed}", FailureOf(Property.Seed("another test", printed)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_that_nothing_meets_is_a_failure_and_no_silent_pass()
    {
        var failure = Assert.Throws<XunitException>(() =>
            Property.CheckWithSeed(Any.Difference, _ => FsCheck.Fluent.Prop.Discard<int>(), seed: 5, count: 10)).Message;
        Assert.Contains("Too few cases", failure, StringComparison.Ordinal);
        Assert.Contains("SEED=5", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_shrinks_to_one_row_of_simple_numbers()
    {
        var failure = Assert.Throws<XunitException>(() =>
            Property.Check(Any.Pairs(), pairs => Assert.True(pairs.PolicyChosen.All(value => value > -20)))).Message;
        Assert.Contains("by\n  new PairColumns([-20], [0], [0], [0])\n", failure.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Generated_batches_are_finite_and_reach_all_scales()
    {
        var smallest = double.PositiveInfinity;
        var largest = 0.0;
        var ties = 0;
        Property.Check(
            Any.Pairs(minimum: 2, maximum: 5),
            pairs =>
            {
                Assert.InRange(pairs.Rows, 2, 5);
                foreach (var ρ in pairs.Differences())
                {
                    Assert.True(double.IsFinite(ρ));
                    ties += ρ == 0 ? 1 : 0;
                    smallest = ρ == 0 ? smallest : Math.Min(smallest, Math.Abs(ρ));
                    largest = Math.Max(largest, Math.Abs(ρ));
                }
            },
            count: 300);
        Assert.True(smallest < 1e-3 && largest > 1e3 && ties > 0, $"from {smallest} to {largest}, {ties} ties");
    }

    private static string FailureOf(ulong seed) => Assert.Throws<XunitException>(() => Property.CheckWithSeed(
        Any.Difference, value => Assert.True(value <= 7, "more than seven"), seed, count: 1000)).Message;

    private static List<double> CasesOf(ulong seed)
    {
        var cases = new List<double>();
        Property.CheckWithSeed(Any.Difference, cases.Add, seed, count: 20);
        return cases;
    }
}
