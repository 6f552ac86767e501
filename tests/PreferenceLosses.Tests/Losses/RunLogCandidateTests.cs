using MathNet.Numerics.RootFinding;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>What is peculiar about single candidates of the run log: several cannot learn.</summary>
public sealed class RunLogCandidateTests
{
    [Fact]
    public void The_adaptive_margin_has_no_policy_gradient_left_once_the_policy_ranks_the_pair_correctly() =>
        Property.Check(Any.Pairs(), pairs =>
        {
            var gradient = RunLogCandidates.AdaptiveMarginLogistic.Gradient(pairs);
            for (var i = 0; i < pairs.Rows; i++)
            {
                var margin = pairs.PolicyChosen[i] - pairs.PolicyRejected[i];
                if (margin > 0)
                {
                    Assert.Equal(0, gradient.PolicyChosen[i]);
                    Assert.Equal(0, gradient.PolicyRejected[i]);
                }
                else if (margin is < 0 and > -100)
                {
                    // −2βσ(−z) with |z| = 2β·|…| below 2·0.05·2000, so not 0.
                    Assert.True(gradient.PolicyChosen[i] < 0);
                }
            }
        });

    [Fact]
    public void The_adaptive_margin_is_a_difference_of_minima() =>
        Property.Check(Any.Pairs(), pairs =>
        {
            // d − |d| = 2 min(d, 0): S(−2β(min(d, 0) − min(e, 0))).
            var losses = RunLogCandidates.AdaptiveMarginLogistic.Values(pairs);
            for (var i = 0; i < pairs.Rows; i++)
            {
                var z = 0.1 * (Math.Min(pairs.PolicyChosen[i] - pairs.PolicyRejected[i], 0) - Math.Min(pairs.ReferenceChosen[i] - pairs.ReferenceRejected[i], 0));
                Same.Relative(Evaluating.Loss("dpo", 1).Value(z), losses[i], 1e-13);
            }
        });

    [Fact]
    public void Certainty_scaling_never_starts_because_loss_and_gradient_are_0_where_the_policy_is_the_reference() =>
        Property.Check(Any.Pairs(), pairs =>
        {
            var initial = pairs with { PolicyChosen = pairs.ReferenceChosen, PolicyRejected = pairs.ReferenceRejected };
            Assert.All(RunLogCandidates.CertaintyScaledLogistic.Values(initial), value => Assert.Equal(0, value));
            var gradient = RunLogCandidates.CertaintyScaledLogistic.Gradient(initial);
            Assert.All(PairColumns.Names, column => Assert.All(gradient[column], value => Assert.Equal(0, value)));
        });

    [Fact]
    public void Certainty_scaling_multiplies_the_mean_distance_from_the_reference()
    {
        // π_w − π_l = 0: ln 2 times (|1| + |−3|)/2.
        var loss = RunLogCandidates.CertaintyScaledLogistic.Values(new PairColumns([-10], [-10], [-11], [-7]))[0];
        Assert.Equal(2 * Math.Log(2), loss, 1e-15);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.4)]
    public void Corrected_label_smoothing_is_smallest_where_the_rejected_answer_is_preferred(double beta)
    {
        // σ(x) = 0.45 at x = ln(0.45/0.55) = −0.2007.
        var loss = RunLogCandidates.CorrectedLabelSmoothedLogistic.With("beta", beta);
        var x = Brent.FindRoot(at => loss.Slope(at / beta), -2, 2, accuracy: 1e-12);
        Assert.Equal(-0.2006706954621511, x, 1e-10);
        Assert.True(loss.Value(x / beta) < loss.Value(0) && loss.Value(x / beta) < loss.Value(-10 / beta));
        Assert.Equal(Math.Log(2), loss.Value(0), 1e-15);
    }

    [Fact]
    public void Corrected_label_smoothing_is_two_cross_entropies_by_halves() =>
        Property.Check(Any.Difference.Where(ρ => Math.Abs(ρ) < 600), ρ =>
        {
            // ½ (BCE(x, 0.9) + BCE(x, 0)), as the candidate was written.
            var x = 0.05 * ρ;
            var (right, wrong) = (1 / (1 + Math.Exp(-x)), 1 / (1 + Math.Exp(x)));
            var expected = 0.5 * ((-0.9 * Math.Log(right)) - (0.1 * Math.Log(wrong)) - Math.Log(wrong));
            Same.Relative(expected, RunLogCandidates.CorrectedLabelSmoothedLogistic.Value(ρ), 1e-12);
        });

    [Fact]
    public void The_annealed_combination_starts_uphill()
    {
        // σ'(0)(H − S) − β/4 − β/2 with H = 1 and S = ln 2: (1 − ln 2)/4 − 0.0375 = 0.0392.
        Assert.Equal(((1 - Math.Log(2)) / 4) - 0.0375, RunLogCandidates.AnnealedCombinedLogisticHinge.Slope(0), 1e-16);
    }

    [Fact]
    public void The_margins_of_the_reinforced_one_make_it_easier_on_both_sides()
    {
        // At c_w = c_l = 0, S(−0.005) twice, which is less than 2 ln 2.
        var value = RunLogCandidates.CorrectedReinforcedMarginLogistic.Value(0);
        Assert.Equal(2 * Math.Log(1 + Math.Exp(-0.005)), value, 1e-15);
        Assert.True(value < 2 * Math.Log(2));
    }

    [Fact]
    public void The_weights_of_decaying_weights_end_with_the_largest()
    {
        // 0.81 : 0.9 : 1 of 2.71.
        var losses = RunLogCandidates.DecayingWeightsLogistic.Values(Evaluating.At(0, 0, 0));
        Same.Within([0.81 / 2.71 * Math.Log(2), 0.9 / 2.71 * Math.Log(2), 1 / 2.71 * Math.Log(2)], losses, 1e-15);
    }
}
