using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>KTO-pair: two losses per pair, each half against the baseline of the other.</summary>
public sealed class KtoPairTests
{
    [Fact]
    public void There_are_two_losses_per_pair_each_between_0_and_1() =>
        Property.Check(Any.Pairs().And(Any.Beta), both =>
        {
            var (pairs, beta) = both;
            var losses = new KtoPairLoss { Beta = beta }.Values(pairs);
            Assert.Equal(2 * pairs.Rows, losses.Length);
            Assert.All(losses, value => Assert.InRange(value, 0, 1));
        });

    [Fact]
    public void Where_both_mean_log_ratios_are_negative_the_baselines_are_0() =>
        Property.Check(Any.Pairs(), pairs =>
        {
            // Chosen: 1 − σ(βc_w) = 1/(1 + e^(βc_w)); rejected: 1 − σ(−βc_l) = 1/(1 + e^(−βc_l)).
            var below = pairs with
            {
                PolicyChosen = [.. pairs.ReferenceChosen.Select((r, i) => r - Math.Abs(pairs.PolicyChosen[i] - r))],
                PolicyRejected = [.. pairs.ReferenceRejected.Select((r, i) => r - Math.Abs(pairs.PolicyRejected[i] - r))],
            };
            var losses = new KtoPairLoss { Beta = 0.1 }.Values(below);
            for (var i = 0; i < pairs.Rows; i++)
            {
                Assert.Equal(1 / (1 + Math.Exp(0.1 * (below.PolicyChosen[i] - below.ReferenceChosen[i]))), losses[i], 1e-14);
                Assert.Equal(1 / (1 + Math.Exp(-0.1 * (below.PolicyRejected[i] - below.ReferenceRejected[i]))), losses[pairs.Rows + i], 1e-14);
            }
        });

    [Fact]
    public void Each_half_is_compared_with_the_baseline_of_the_other_half()
    {
        // c_w = (6, −2), mean 2; c_l = (10, −2), mean 4. β = ln 3 / 2, so that σ(2β) = 3/4, σ(−2β) = 1/4, and so on.
        var pairs = new PairColumns([-4, -12], [0, -12], [-10, -10], [-10, -10]);
        var losses = new KtoPairLoss { Beta = Math.Log(3) / 2 }.Values(pairs);

        // Chosen against 4: 1 − σ(2β) = 1/4 and 1 − σ(−6β) = 27/28. Rejected against 2: 1 − σ(−8β) = 81/82, 1 − σ(4β) = 1/10.
        Same.Within([1.0 / 4, 27.0 / 28, 81.0 / 82, 1.0 / 10], losses, 1e-15);
    }

    [Fact]
    public void A_baseline_below_0_is_0()
    {
        // c_w = −2 and c_l = −4, β = ln 3 / 2: 1 − σ(−2β) = 3/4 and 1 − σ(4β) = 1/10.
        var losses = new KtoPairLoss { Beta = Math.Log(3) / 2 }.Values(new PairColumns([-12], [-14], [-10], [-10]));
        Same.Within([3.0 / 4, 1.0 / 10], losses, 1e-15);
    }

    [Fact]
    public void A_better_chosen_completion_lowers_its_own_half_and_a_worse_rejected_one_its_own() =>
        Property.Check(Any.Pairs(minimum: 2).And(Any.Positive), both =>
        {
            var (pairs, step) = both;
            var changed = pairs.Map(value => value, PairColumns.Names);
            changed.PolicyChosen[0] += step;
            var (before, after) = (new KtoPairLoss().Values(pairs), new KtoPairLoss().Values(changed));

            // The baseline of the chosen half is the rejected one's, which has not changed.
            Assert.True(after[0] <= before[0]);
            Same.Bits(before.AsSpan()[1..pairs.Rows], after.AsSpan()[1..pairs.Rows]);

            changed = pairs.Map(value => value, PairColumns.Names);
            changed.PolicyRejected[0] -= step;
            after = new KtoPairLoss().Values(changed);
            Assert.True(after[pairs.Rows] <= before[pairs.Rows]);
            Same.Bits(before.AsSpan()[(pairs.Rows + 1)..], after.AsSpan()[(pairs.Rows + 1)..]);
        });

    [Fact]
    public void At_the_start_the_clamp_passes_the_gradient_on_as_in_PyTorch()
    {
        // All log-ratios are 0: A = C = 1/4, and the mean's own −βA and the baseline's −(β/N)ΣC are equal. Over 2N outputs,
        // −β(1/4 + 1/4)/(2·4) = −0.1/16 for the chosen, the same upwards for the rejected.
        var pairs = new PairColumns([-3, -5, -7, -9], [-4, -4, -4, -4], [-3, -5, -7, -9], [-4, -4, -4, -4]);
        var result = new KtoPairLoss().On(pairs);
        Assert.Equal(0.5, result.Value);
        Assert.All(result.Gradient(Columns.PolicyChosen).ToArray(), value => Assert.Equal(-0.1 / 16, value, 1e-18));
        Assert.All(result.Gradient(Columns.PolicyRejected).ToArray(), value => Assert.Equal(0.1 / 16, value, 1e-18));
    }

    [Fact]
    public void A_baseline_held_at_0_passes_no_gradient_on()
    {
        // c_w = −2 and c_l = −4 as above: −βσ'(−2β)/2 and βσ'(4β)/2, with σ' = 3/16 and 9/100.
        var beta = Math.Log(3) / 2;
        var result = new KtoPairLoss { Beta = beta }.On(new PairColumns([-12], [-14], [-10], [-10]));
        Assert.Equal(-beta * 3 / 32, result.Gradient(Columns.PolicyChosen)[0], 1e-16);
        Assert.Equal(beta * 9 / 200, result.Gradient(Columns.PolicyRejected)[0], 1e-16);
    }

    [Fact]
    public void The_gradient_flows_through_both_baselines()
    {
        // c_w = 2, c_l = 4: chosen 1 − σ(β(c_w − c_l)), rejected 1 − σ(β(c_w − c_l)): both halves are σ(2β) = 3/4, and a change of
        // either column moves both: ∓2·βσ'(2β)/2 = ∓3β/16.
        var beta = Math.Log(3) / 2;
        var result = new KtoPairLoss { Beta = beta }.On(new PairColumns([-8], [-6], [-10], [-10]));
        Same.Within([0.75, 0.75], result.Losses, 1e-15);
        Assert.Equal(-beta * 3 / 16, result.Gradient(Columns.PolicyChosen)[0], 1e-16);
        Assert.Equal(beta * 3 / 16, result.Gradient(Columns.PolicyRejected)[0], 1e-16);
    }
}
