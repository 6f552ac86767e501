using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>What a loss is a function of: common shifts of two columns that it does not notice, in its value or in its gradient.</summary>
public sealed class InvarianceTests
{
    private static readonly Shifts[] Each = [Shifts.Chosen, Shifts.Rejected, Shifts.Policy, Shifts.Reference];

    public static TheoryData<string> EveryLoss => Claims.Where(_ => true);

    /// <summary>A loss of log-ratios or of margins; averages and likelihoods see the log-probabilities themselves.</summary>
    private static bool IgnoresAllFour(string name) =>
        Claims.Of(name).Ignores is var ignores && (ignores.HasFlag(Shifts.LogRatios) || ignores.HasFlag(Shifts.Margins) || Evaluating.Loss(name) is { Name: "certainty-scaled-logistic" });

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void A_loss_does_not_notice_the_shifts_that_it_ignores_in_a_single_bit(string name)
    {
        var loss = Evaluating.Loss(name);
        var ignored = Each.Where(shift => Claims.Of(name).Ignores.HasFlag(shift)).Select(Claims.ColumnsOf).ToList();
        if (IgnoresAllFour(name))
        {
            ignored.Add(PairColumns.Names);
        }

        Property.Check(
            Any.Pairs(minimum: 2).And(Any.Difference),
            both => Assert.All(ignored, columns =>
            {
                // A multiple of 2⁻¹⁰, so that the shifted log-probabilities are exact too.
                var shift = Math.Round(both.Second * 1024) / 1024;
                Same.Bits(loss.Values(both.First), loss.Values(both.First.Map(value => value + shift, columns)), string.Join(" and ", columns));
            }),
            count: 40);
    }

    /// <summary>AOT compares margins by rank: it notices a shift of a pair where that changes ranks.</summary>
    public static TheoryData<string> ByRow => Claims.Where(claims => claims.Name != "aot");

    [Theory]
    [MemberData(nameof(ByRow))]
    public void A_loss_notices_every_other_shift(string name)
    {
        // The policy prefers one completion in the first row and the other one in the second.
        var pairs = new PairColumns([-10, -13], [-12, -11], [-11, -12], [-11.5, -11.25]);
        var loss = Evaluating.Loss(name);
        Assert.All(Each.Where(shift => !Claims.Of(name).Ignores.HasFlag(shift)), shift =>
        {
            // Not the same in every row: a loss that compares rows does not notice that.
            var columns = Claims.ColumnsOf(shift);
            var shifted = PairColumns.From(name => columns.Contains(name) ? [pairs[name][0] - 3, pairs[name][1] - 7] : pairs[name]);
            Assert.True(loss.On(pairs).Value != loss.On(shifted).Value, $"{shift} is ignored");
        });
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void The_derivatives_of_columns_whose_common_shift_is_ignored_cancel(string name)
    {
        var loss = Evaluating.Loss(name);
        var ignored = Each.Where(shift => Claims.Of(name).Ignores.HasFlag(shift)).Select(Claims.ColumnsOf).ToArray();
        Property.Check(
            Any.Pairs(minimum: 2),
            pairs =>
            {
                var gradient = loss.Gradient(pairs);
                for (var i = 0; i < pairs.Rows; i++)
                {
                    // The same number with two signs, so exactly 0.
                    Assert.All(ignored, columns => Assert.Equal(0, gradient[columns[0]][i] + gradient[columns[1]][i]));

                    // All four: a sum of up to four products, rounded a few times each.
                    var terms = PairColumns.Names.Select(column => gradient[column][i]).ToArray();
                    Assert.InRange(Math.Abs(terms.Sum()), 0, IgnoresAllFour(name) ? 1e-14 * terms.Sum(Math.Abs) : double.PositiveInfinity);
                }
            },
            count: 40);
    }
}
