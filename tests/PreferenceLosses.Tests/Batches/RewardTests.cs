using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>Implicit rewards, and the metrics that are made of them.</summary>
public sealed class RewardTests
{
    /// <summary>Losses of averages reward averages, and losses without a reference the policy's log-probability.</summary>
    public static TheoryData<string> EveryLoss => Claims.Where(claims => ReadsTheReference(claims.Name) && claims.Name != "alpha-dpo");

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void The_reward_is_beta_times_the_log_ratio_and_beta_is_1_where_there_is_none(string name)
    {
        // A power of two, so that the products are exact.
        var beta = Evaluating.Loss(name).Has("beta") ? 0.25 : 1;
        var loss = Evaluating.Loss(name, beta);
        Property.Check(
            Any.Pairs(minimum: 2),
            pairs =>
            {
                var rewards = loss.On(pairs).Rewards!;
                double[] Expected(double[] policy, double[] reference) => [.. policy.Select((value, i) => beta * (value - reference[i]))];
                var (chosen, rejected) = (Expected(pairs.PolicyChosen, pairs.ReferenceChosen), Expected(pairs.PolicyRejected, pairs.ReferenceRejected));
                Same.Bits(chosen, rewards.Chosen, "chosen");
                Same.Bits(rejected, rewards.Rejected, "rejected");
                Same.Bits([.. chosen.Select((value, i) => value - rejected[i])], rewards.Margins, "margins");
            },
            count: 10);
    }

    [Theory]
    [InlineData("simpo", 2)]
    [InlineData("tpo-l", 2)]
    [InlineData("alphapo", 2)]
    [InlineData("cpo", 20)]
    [InlineData("alpha-dpo", 2)]
    [InlineData("orpo", 0.8)]
    public void Losses_of_averages_reward_averages_and_others_without_a_reference_sums(string name, double expected)
    {
        // β = ¼, log π = −80, 10 tokens: −8·¼ = −2; AlphaPO (1 − e^(8α))/α·¼; a sum ¼·80 = 20; ORPO λ·8.
        var reward = Evaluating.Loss(name, beta: 0.25).On(new PairColumns([-80], [-70], [-1], [-1])).Rewards!.Chosen[0];
        Assert.Equal(name == "alphapo" ? Math.Exp(2) - 1 : expected, -reward, 1e-12);
    }

    private static bool ReadsTheReference(string name) =>
        Evaluating.Loss(name).Graph.Inputs.Any(input => input.Name == Columns.ReferenceChosen);

    [Fact]
    public void Without_a_reference_the_policys_log_probability_takes_the_place_of_the_log_ratio()
    {
        var β = new Parameter("beta", "β", 2, Bounds.Positive, "");
        var loss = PairLoss.Define("policy-only", [β], pair => Formulas.Softplus(β * (pair.PolicyRejected - pair.PolicyChosen)));
        var rewards = loss.On(new PairColumns([-1, -2], [-5, -1], [-100, -100], [-50, -50])).Rewards!;
        Same.Bits([-2, -4], rewards.Chosen);
        Same.Bits([-10, -2], rewards.Rejected);
        Same.Bits([8, -2], rewards.Margins);
    }

    [Fact]
    public void One_reference_column_is_enough_to_have_a_reference()
    {
        var loss = PairLoss.Define("one-reference", [], pair => Formulas.Softplus(pair.ReferenceRejected - pair.PolicyChosen));
        var rewards = loss.On(new PairColumns([-1], [-5], [-4], [-7])).Rewards!;
        Same.Bits([3], rewards.Chosen);
        Same.Bits([2], rewards.Rejected);
    }

    [Fact]
    public void A_loss_of_ones_own_may_say_what_it_rewards()
    {
        var rewards = new LengthRewarded().On(new PairColumns([-1], [-5], [-4], [-7])).Rewards!;
        Same.Bits([-3], rewards.Chosen);
        Same.Bits([42], rewards.Rejected);
    }

    [Fact]
    public void Rewards_follow_the_changed_beta_and_are_no_part_of_the_gradient()
    {
        var pairs = new PairColumns([-1], [-5], [-4], [-7]);
        Same.Bits([1.5], (new DpoLoss() with { Beta = 0.5 }).On(pairs).Rewards!.Chosen);

        // With and without rewards the gradient is the same.
        var (alone, beside) = (new double[1], new double[1]);
        new DpoLoss().Evaluate(pairs.Batch<double>(), new LossDestination<double> { PolicyChosen = alone });
        new DpoLoss().Evaluate(
            pairs.Batch<double>(),
            new LossDestination<double> { PolicyChosen = beside, ChosenReward = new double[1], RejectedReward = new double[1] });
        Same.Bits(alone, beside);
    }

    [Theory]
    [InlineData(new[] { 1.0, 2, 3, 4 }, 1)]
    [InlineData(new[] { -1.0, -2, -3, -4 }, 0)]
    [InlineData(new[] { 0.0, 0, 0, 0 }, 0.5)]
    [InlineData(new[] { 1.0, 0, -1, -1 }, 0.375)]
    [InlineData(new[] { 1.0, 1, 0, -1 }, 0.625)]
    public void Accuracy_is_the_share_of_positive_margins_with_ties_counting_one_half(double[] differences, double accuracy)
    {
        Assert.Equal(accuracy, new DpoLoss().On(Evaluating.At(differences)).Rewards!.Accuracy);
        Assert.Equal(accuracy, new KtoPairLoss().On(Evaluating.At(differences)).Rewards!.Accuracy);
    }

    [Fact]
    public void Metrics_count_each_row_that_takes_part_once_whatever_its_weight()
    {
        // Rows of weight 0 are left out: of (1, 0, −1) with weights (100, 0.5, 0) the first is right and the second a tie.
        var rewards = new DpoLoss { Beta = 2 }.On(
            new PairColumns([3, 4, double.NaN], [1, 3, -50], [1, 1, 7], [0, 0, 0]), [100, 0.5, 0]).Rewards!;
        Assert.Equal(0.75, rewards.Accuracy);
        Assert.Equal(5, rewards.MeanChosen);
        Assert.Equal(4, rewards.MeanRejected);
        Assert.Equal(1, rewards.MeanMargin);
        Same.Bits([4, 6, 0], rewards.Chosen);
        Same.Bits([2, 6, 0], rewards.Rejected);
        Same.Bits([2, 0, 0], rewards.Margins);
    }

    [Fact]
    public void Where_the_policy_is_the_reference_every_row_is_a_tie() => Property.Check(Any.Pairs(), pairs =>
    {
        var initial = pairs with { PolicyChosen = pairs.ReferenceChosen, PolicyRejected = pairs.ReferenceRejected };
        var rewards = new DpoLoss().On(initial).Rewards!;
        Assert.Equal(0.5, rewards.Accuracy);
        Assert.Equal(0, rewards.MeanMargin);
    });

    private sealed record LengthRewarded() : PairLoss("length-rewarded")
    {
        protected override LossOutput Formula(PairInputs pair) => Formulas.Softplus(-pair.LogRatioDifference);

        protected override ImplicitRewards Rewards(PairInputs pair, bool usesReference) =>
            new(-pair.ChosenLogRatio, Formulas.Broadcast(42, Shape.Row));
    }
}
