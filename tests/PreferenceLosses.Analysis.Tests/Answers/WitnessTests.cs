using PreferenceLosses.Analysis.Tests.Support;

namespace PreferenceLosses.Analysis.Tests.Answers;

/// <summary>A witness is evaluated again, and has to contradict what it refutes.</summary>
public sealed class WitnessTests
{
    public static TheoryData<string> Losses => [.. Cards.All];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_witness_is_there_where_something_is_refuted_and_says_what_the_loss_is(string name)
    {
        var loss = Cards.Loss(name);
        Assert.All(Cards.Of(loss).Findings, finding =>
        {
            Assert.Equal((finding.Question, finding.Answer.Verdict == Verdict.Refuted), (finding.Question, finding.Answer.Witness is not null));
            Assert.All(finding.Answer.Witness?.Observations ?? [], seen =>
            {
                // The same library, at another place in a batch: to rounding, and for the loss of the row asked for.
                Assert.Equal(seen.Loss, loss.Again(seen), 1e-12 * Math.Abs(seen.Loss));
                Assert.All(seen.Columns.Where(c => Columns.LogProbabilities.Contains(c.Key)), c => Assert.All(c.Value, value => Assert.True(value <= 0)));
            });
        });
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_that_is_not_monotone_moves_the_wrong_way_as_one_value_rises(string name)
    {
        if (Cards.Of(name).Monotone.Witness is not { } witness)
        {
            return;
        }

        var (before, after) = (witness.Observations[0], witness.Observations[1]);
        var column = Assert.Single(before.Columns.Keys, c => !before.Columns[c].SequenceEqual(after.Columns[c]));
        Assert.True(after.Columns[column][0] > before.Columns[column][0]);
        Assert.True(column == Columns.PolicyChosen ? after.Loss > before.Loss : column == Columns.PolicyRejected && after.Loss < before.Loss);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_that_is_not_convex_is_above_a_chord(string name)
    {
        if (Cards.Of(name).Convex.Witness is not { } witness)
        {
            return;
        }

        var (left, middle, right) = (witness.Observations[0], witness.Observations[1], witness.Observations[2]);
        var shares = new List<double>();
        foreach (var column in left.Columns.Keys)
        {
            for (var i = 0; i < left.Columns[column].Length; i++)
            {
                var (from, at, to) = (left.Columns[column][i], middle.Columns[column][i], right.Columns[column][i]);
                if (from == to)
                {
                    Assert.Equal(from, at);
                }
                else
                {
                    shares.Add((at - from) / (to - from));
                }
            }
        }

        Assert.NotEmpty(shares);
        Assert.All(shares, share => Assert.Equal(shares[0], share, 1e-9));
        Assert.InRange(shares[0], 1e-6, 1 - 1e-6);
        Assert.True(middle.Loss > (((1 - shares[0]) * left.Loss) + (shares[0] * right.Loss)) * (1 + 1e-12));
    }

    [Theory]
    [InlineData("discopop-generated")]
    [InlineData("logistic-margin")]
    [InlineData("dbaql-generated")]
    public void A_loss_that_beta_does_not_scale_differs_where_beta_and_log_probabilities_are_scaled_against_each_other(string name)
    {
        var (before, after) = (Cards.Of(name).Beta.Witness!.Observations[0], Cards.Of(name).Beta.Witness!.Observations[1]);
        var factor = after.Parameters["beta"] / before.Parameters["beta"];
        Assert.NotEqual(1, factor);
        Assert.All(before.Columns, c => Assert.Equal(c.Value.Select(v => v / factor), after.Columns[c.Key]));
        Assert.NotEqual(before.Loss, after.Loss, 1e-9);
    }

    [Fact]
    public void The_order_of_rows_is_all_that_differs_where_it_matters()
    {
        var (before, after) = (Cards.Of("decaying-weights-logistic").OrderIndependent.Witness!.Observations[0], Cards.Of("decaying-weights-logistic").OrderIndependent.Witness!.Observations[1]);
        string[] Rows(Observation seen) => [.. Enumerable.Range(0, 8).Select(row => string.Join(' ', seen.Columns.Values.Select(c => c[row]))).Order(StringComparer.Ordinal)];
        Assert.Equal(Rows(before), Rows(after));
        Assert.NotEqual(before.Loss, after.Loss, 1e-9);
    }
}
