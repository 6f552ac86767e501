using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Losses of K responses: masks, groups of one, ties, and what they are for two responses.</summary>
public sealed class RankedTests
{
    public static TheoryData<string> Ranked =>
        [.. LossCatalog.BuiltIn.Entries.Where(entry => entry.Loss is RankedLoss).Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Ranked))]
    public void What_the_mask_leaves_out_does_not_count_whatever_it_holds(string name)
    {
        // The same three responses alone, and among others that are not there, in two places.
        var loss = Evaluating.Loss(name);
        var alone = loss.Evaluate(Group([-10, -12, -9], [-11, -11, -11], [4, 5, 6], [2, 1, 0]));
        var masked = loss.Evaluate(Group(
            [double.NaN, -10, -12, 7, -9], [0, -11, -11, double.PositiveInfinity, -11], [0, 4, 5, -3, 6], [99, 2, 1, 99, 0], [false, true, true, false, true]));
        Assert.Equal(alone.Value, masked.Value);
        var (expected, actual) = (alone.Gradient(Columns.Policy).ToArray(), masked.Gradient(Columns.Policy).ToArray());
        Assert.Equal([0, expected[0], expected[1], 0, expected[2]], actual);
    }

    [Theory]
    [InlineData("plackett-luce", 0)]
    [InlineData("info-nca", 0)]
    [InlineData("exo", 0)]
    public void A_group_of_one_response_has_nothing_to_compare(string name, double expected)
    {
        var result = Evaluating.Loss(name).Evaluate(Group([-10], [-11], [4], [2]));
        Assert.Equal(expected, result.Value);
        Assert.Equal(0, result.Gradient(Columns.Policy)[0]);
    }

    [Fact]
    public void Of_one_response_Nca_has_both_labels_and_Rrhf_the_likelihood()
    {
        // r = 0.1: S(−0.1) + S(0.1).
        Assert.Equal(Math.Log(1 + Math.Exp(-0.1)) + Math.Log(1 + Math.Exp(0.1)), new NcaLoss().Evaluate(Group([-10], [-11], [4], [2])).Value, 1e-15);
        Assert.Equal(10.0 / 4, new RrhfLoss().Evaluate(Group([-10], [-11], [4], [2])).Value);
        Assert.Equal(0, new ProLoss().Evaluate(Group([-10], [-11], [4], [2])).Value);
    }

    [Fact]
    public void Plackett_and_Luce_on_two_responses_is_Dpo_and_does_not_notice_a_common_shift() =>
        Property.Check(Any.Pairs().And(Any.Difference), both =>
        {
            var (pairs, shift) = both;
            var expected = new DpoLoss().On(pairs);
            var policy = Interleaved(pairs.PolicyChosen, pairs.PolicyRejected);
            var reference = Interleaved(pairs.ReferenceChosen, pairs.ReferenceRejected);
            var actual = new PlackettLuceLoss().Evaluate(new PreferenceBatch<double> { Policy = policy, Reference = reference, ResponsesPerRow = 2 });
            var shifted = new PlackettLuceLoss().Evaluate(new PreferenceBatch<double>
            {
                Policy = policy.Select(value => value + shift).ToArray(), Reference = reference, ResponsesPerRow = 2,
            });
            for (var i = 0; i < pairs.Rows; i++)
            {
                Assert.Equal(expected.Losses[i], actual.Losses[i], 1e-13 * (1 + expected.Losses[i]));
                Assert.Equal(expected.Losses[i], shifted.Losses[i], 1e-13 * (1 + expected.Losses[i]));
                Assert.Equal(expected.Gradient(Columns.PolicyChosen)[i], actual.Gradient(Columns.Policy)[2 * i], 1e-15);
            }
        });

    [Fact]
    public void Exo_on_two_responses_with_the_scores_of_smoothed_labels_is_the_pair_loss()
    {
        var label = Math.Log((1 - 0.001) / 0.001);
        var pair = new ExoPairLoss().On(new PairColumns([-10], [-12], [-13], [-11])).Value;
        Assert.Equal(pair, new ExoLoss().Evaluate(Group([-10, -12], [-13, -11], [1, 1], [label, 0])).Value, 1e-14);
    }

    [Fact]
    public void Nca_with_all_weight_on_the_first_of_two_is_the_pair_loss()
    {
        var pair = new NcaPairLoss().On(new PairColumns([-10], [-12], [-13], [-11])).Value;
        Assert.Equal(pair, new NcaLoss().Evaluate(Group([-10, -12], [-13, -11], [1, 1], [1000, 0])).Value, 1e-15);
    }

    [Fact]
    public void Rrhf_by_hand_compares_only_what_differs_in_score()
    {
        // s = −2, −1, −3, −1.5; scores 2, 2, 1, 0. The first two are tied. s₃ − s₁ < 0, s₃ − s₂ < 0, s₄ − s₁ = 0.5, s₄ − s₂ < 0, s₄ − s₃ = 1.5.
        // Best is the first of the tied: likelihood 2.
        var result = new RrhfLoss { RankWeight = 10 }.Evaluate(Group([-20, -10, -30, -15], [0, 0, 0, 0], [10, 10, 10, 10], [2, 2, 1, 0]));
        Assert.Equal((10 * 2.0) + 2, result.Value, 1e-14);
        Same.Within([(-10 - 1) / 10.0, 0, -1, 2], result.Gradient(Columns.Policy), 1e-15, "gradient");
    }

    [Fact]
    public void Pro_by_hand_in_any_order_of_the_responses()
    {
        // a = −1, −2, −3 with scores 2, 1, 0: the first against both at T = 2, 1, 2, the second against the third at T = 1.
        static double LogSumExp(params double[] x) => Math.Log(x.Sum(Math.Exp));
        var first = LogSumExp(-2, -2, -6) + 2;
        var second = LogSumExp(-2, -3) + 2;
        var expected = first + second + (0.05 * 4 * 10);
        Assert.Equal(expected, new ProLoss().Evaluate(Group([-10, -20, -30], [0, 0, 0], [10, 10, 10], [2, 1, 0])).Value, 1e-14);
        Assert.Equal(expected, new ProLoss().Evaluate(Group([-30, -10, -20], [0, 0, 0], [10, 10, 10], [0, 2, 1])).Value, 1e-14);
    }

    [Theory]
    [InlineData("pro")]
    [InlineData("rrhf")]
    public void More_responses_than_the_formula_is_written_for_are_refused(string name)
    {
        double[] Row(double value) => [.. Enumerable.Repeat(value, 17)];
        var refused = Assert.Throws<InvalidBatchException>(() => Evaluating.Loss(name).Evaluate(Group(Row(-1), Row(-1), Row(3), Row(1))));
        Assert.Contains("17 responses per row; the loss is written for at most 16", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_of_0_is_refused_with_the_response()
    {
        var refused = Assert.Throws<InvalidBatchException>(() => new RrhfLoss().Evaluate(Group([-1, -2], [0, 0], [3, 0], [1, 0])));
        Assert.Contains("The column 'length' is 0 at row 0, response 1; a number of tokens greater than 0 is needed", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Columns.ChosenLength, Assert.Throws<InvalidBatchException>(() => new SimPoLoss().Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = [-1.0], PolicyRejected = [-2.0], ChosenLength = [0.0], RejectedLength = [2.0],
        })).Column);
    }

    [Fact]
    public void A_batch_without_lengths_is_refused_with_the_name_of_the_column()
    {
        var refused = Assert.Throws<InvalidBatchException>(() => new SimPoLoss().Evaluate(
            new PreferenceBatch<double> { PolicyChosen = [-1.0], PolicyRejected = [-2.0] }));
        Assert.Equal(Columns.ChosenLength, refused.Column);
        Assert.Contains("The column 'chosen_length' is missing; the loss reads", refused.Message, StringComparison.Ordinal);
    }

    private static PreferenceBatch<double> Group(double[] policy, double[] reference, double[] length, double[] score, bool[]? mask = null) => new()
    {
        Policy = policy, Reference = reference, Length = length, Score = score, ResponsesPerRow = policy.Length, ResponseMask = mask,
    };

    private static double[] Interleaved(double[] a, double[] b) => [.. a.Zip(b, (x, y) => new[] { x, y }).SelectMany(both => both)];
}
