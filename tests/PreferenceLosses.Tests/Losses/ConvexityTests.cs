using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Which losses are convex in the policy's log-probabilities, and which are not.</summary>
public sealed class ConvexityTests
{
    private static readonly double[] Shares = [0.25, 0.5, 0.875];

    public static TheoryData<string> Convex => Claims.Where(claims => claims.Convex == true);

    public static TheoryData<string> NotConvex => Claims.Where(claims => claims.Convex == false);

    [Theory]
    [MemberData(nameof(Convex))]
    public void Between_two_policies_the_loss_of_each_row_is_below_the_chord(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            Any.Pairs().And(Any.Difference).And(Any.Difference),
            threefold =>
            {
                var ((here, chosen), rejected) = threefold;
                var there = here.Map(value => value + chosen, Columns.PolicyChosen).Map(value => value + rejected, Columns.PolicyRejected);
                var (first, last) = (loss.Values(here), loss.Values(there));
                foreach (var share in Shares)
                {
                    // Exact: a share of the difference is a few bits longer than the difference.
                    var between = loss.Values(here
                        .Map(value => value + (share * chosen), Columns.PolicyChosen)
                        .Map(value => value + (share * rejected), Columns.PolicyRejected));
                    for (var i = 0; i < first.Length; i++)
                    {
                        // The tolerance is the rounding of the three losses, a few units in the last place of the largest.
                        var chord = ((1 - share) * first[i]) + (share * last[i]);
                        Assert.True(between[i] <= chord + (4e-15 * Math.Max(Math.Abs(first[i]), Math.Abs(last[i]))), $"row {i}: {between[i]:R} above {chord:R}");
                    }
                }
            });
    }

    [Theory]
    [MemberData(nameof(NotConvex))]
    public void A_loss_that_is_not_convex_is_above_a_chord_somewhere(string name)
    {
        var loss = Evaluating.Loss(name);

        // Chords of one nat, ρ from −40 to 60, each pair alone in its batch.
        var above = from margin in new[] { -30.0, -3.0, 0.0 }
                    from half in Enumerable.Range(-80, 200)
                    let at = new PairColumns([half / 2.0], [0], [margin], [0])
                    let middle = loss.Values(at)[0]
                    let left = loss.Values(at.Map(value => value - 0.5, Columns.PolicyChosen))[0]
                    let right = loss.Values(at.Map(value => value + 0.5, Columns.PolicyChosen))[0]
                    select middle - ((left + right) / 2);
        Assert.True(above.Max() > 1e-5, $"at most {above.Max()} above a chord");
    }
}
