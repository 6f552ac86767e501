using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Which losses never rise as the policy's log-probability of the chosen completion rises, and which do.</summary>
public sealed class MonotonicityTests
{
    /// <summary>Unbounded below, or with a likelihood term, which is negative where a random log-probability is above 0.</summary>
    private static readonly string[] MayBeNegative =
        ["robust", "aipo", "cpo", "orpo", "slic-hf", "tpo", "tpo-l", "nll", "sft"];

    public static TheoryData<string> Falling => Claims.Where(claims => claims.Falls == true);

    public static TheoryData<string> Rising => Claims.Where(claims => claims.Falls == false);

    [Theory]
    [MemberData(nameof(Falling))]
    public void The_loss_of_a_row_never_rises_with_its_chosen_and_never_falls_with_its_rejected_completion(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            Any.Pairs().And(Any.Positive),
            both =>
            {
                var (pairs, step) = both;
                var before = loss.Values(pairs);
                var better = loss.Values(pairs.Map(value => value + step, Columns.PolicyChosen));
                var worse = loss.Values(pairs.Map(value => value + step, Columns.PolicyRejected));
                for (var i = 0; i < before.Length; i++)
                {
                    // Softplus, exp and their sums are accurate to a few units in the last place, not monotone in it.
                    var rounding = 1e-15 * Math.Abs(before[i]);
                    Assert.True(better[i] <= before[i] + rounding, $"row {i}: {before[i]:R} rose to {better[i]:R}");
                    Assert.True(worse[i] >= before[i] - rounding, $"row {i}: {before[i]:R} fell to {worse[i]:R}");
                }
            });
    }

    [Theory]
    [MemberData(nameof(Falling))]
    public void Its_derivatives_have_the_signs_that_go_with_that(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(Any.Pairs(), pairs =>
        {
            var gradient = loss.Gradient(pairs);
            Assert.All(gradient.PolicyChosen, slope => Assert.True(slope <= 0, $"{slope}"));
            Assert.All(gradient.PolicyRejected, slope => Assert.True(slope >= 0, $"{slope}"));
        });
    }

    [Theory]
    [MemberData(nameof(Rising))]
    public void A_loss_that_is_not_monotone_rises_somewhere(string name)
    {
        var loss = Evaluating.Loss(name);

        // Steps of one half from log-probabilities of −40 to 60, each pair alone in its batch, with several reference margins.
        var rises = from margin in new[] { -30.0, -3.0, 0.0 }
                    from half in Enumerable.Range(-80, 200)
                    let at = new PairColumns([half / 2.0], [0], [margin], [0])
                    let next = at.Map(value => value + 0.5, Columns.PolicyChosen)
                    select loss.Values(next)[0] - loss.Values(at)[0];
        Assert.True(rises.Max() > 1e-4, $"the largest rise is {rises.Max()}");
    }

    [Fact]
    public void No_loss_is_ever_negative_but_those_that_say_so() =>
        Assert.All(Claims.All.Where(claims => !MayBeNegative.Contains(claims.Name)), claims => Property.Check(
            Any.Pairs(minimum: 2),
            pairs => Assert.All(Evaluating.Loss(claims.Name).Values(pairs), value => Assert.True(value >= 0, $"{claims.Name}: {value}")),
            count: 20));
}
