using MathNet.Numerics.Differentiation;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Losses that are each other at some value of a parameter, and gradients against differences for all that is not a pair.</summary>
public sealed class FieldRelationTests
{
    private static readonly (PreferenceLoss Special, PreferenceLoss Known)[] Pairs =
    [
        (new CdpoLoss { LabelSmoothing = 0 }, new DpoLoss()),
        (new RobustLoss { LabelSmoothing = 0 }, new DpoLoss()),
        (new RDpoLoss { Alpha = 0 }, new DpoLoss()),
        (new DpopLoss { Lambda = 0 }, new DpoLoss()),
        (new DpoShiftLoss { Lambda = 1 }, new DpoLoss()),
        (new AipoLoss { Alpha = 0, Lambda = 0 }, new DpoLoss()),
        (new BetaDpoLoss { Alpha = 0 }, new DpoLoss()),
        (new Tdpo2Loss { Alpha = 0 }, new DpoLoss()),
        (new AlphaDpoLoss { Alpha = 0, Beta = 2 }, new SimPoLoss { Beta = 2 }),
        (new AlphaDivergenceDpoLoss { Alpha = 0 }, new ForwardKlDpoLoss()),
        (new AlphaPoLoss { Alpha = 1e-9, Gamma = 0.5 }, new SimPoLoss()),
        (new AlphaDivergenceDpoLoss { Alpha = 1 - 1e-9 }, new DpoLoss()),
        (new CpoLoss { LabelSmoothing = 0.2, Alpha = 0, Beta = 1 }, PairLoss.Define("by-hand", [], pair =>
            (0.8 * Softplus(pair.PolicyRejected - pair.PolicyChosen)) + (0.2 * Softplus(pair.PolicyChosen - pair.PolicyRejected)))),
    ];

    /// <summary>e^x − 1 by its series where x is small, which the base library does not have.</summary>
    private static double SmallExpm1(double x) => Math.Abs(x) < 1e-2 ? x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4 * (1 + (x / 5)))))))) : Math.Exp(x) - 1;

    [Fact]
    public void At_some_value_of_a_parameter_a_loss_is_another_one()
    {
        var pairs = PairColumns.Random(20, seed: 6);
        Assert.All(Pairs, both =>
        {
            var (special, known) = (both.Special.On(pairs), both.Known.On(pairs));
            for (var i = 0; i < pairs.Rows; i++)
            {
                // The limits are taken at a distance of 1e-9 times the square of log-ratios of a few nats.
                Assert.Equal(known.Losses[i], special.Losses[i], 1e-7);
                Assert.Equal(known.Gradient(Columns.PolicyChosen)[i], special.Gradient(Columns.PolicyChosen)[i], 1e-8);
            }
        });
    }

    [Fact]
    public void Known_probabilities_of_winning_are_hard_labels()
    {
        var columns = PairColumns.Random(5, seed: 2);
        var batch = new PreferenceBatch<double>
        {
            PolicyChosen = columns.PolicyChosen, PolicyRejected = columns.PolicyRejected,
            ReferenceChosen = columns.ReferenceChosen, ReferenceRejected = columns.ReferenceRejected,
            ChosenScore = new double[] { 1, 1, 1, 1, 1 }, RejectedScore = new double[5], Margin = new double[5],
        };
        Assert.Equal(new SppoHardLoss().Evaluate(batch).Losses.ToArray(), new SppoLoss().Evaluate(batch).Losses.ToArray());
        Assert.Equal(new DpoLoss().Evaluate(batch).Losses.ToArray(), new OdpoLoss().Evaluate(batch).Losses.ToArray());
    }

    [Fact]
    public void Robust_is_the_unbiased_estimate_of_Dpo()
    {
        // Labels that are exchanged with probability ε give DPO's loss on average.
        Property.Check(Any.Pairs(), pairs =>
        {
            var robust = new RobustLoss { LabelSmoothing = 0.25 };
            var (kept, exchanged, dpo) = (robust.Values(pairs), robust.Values(pairs.Swapped()), new DpoLoss().Values(pairs));
            for (var i = 0; i < dpo.Length; i++)
            {
                Assert.Equal(dpo[i], (0.75 * kept[i]) + (0.25 * exchanged[i]), 1e-14 * (1 + Math.Abs(kept[i]) + Math.Abs(exchanged[i])));
            }
        });
    }

    [Fact]
    public void Exo_of_a_pair_is_smallest_where_the_policy_has_the_smoothed_label()
    {
        // x = ln(0.999/0.001), and 0 there; bounded by −ln ε on the left.
        var loss = new ExoPairLoss { Beta = 1 };
        var at = Math.Log(0.999 / 0.001);
        Assert.Equal(0, loss.Value(at), 1e-15);
        Assert.Equal(0, loss.Slope(at), 1e-17);
        Assert.True(loss.Value(at + 3) > 0 && loss.Value(at - 3) > 0);
        Assert.Equal(-Math.Log(0.001), loss.Value(-900), 1e-14);
    }

    [Fact]
    public void Apo_down_lowers_both_responses()
    {
        var gradient = new ApoDownLoss().Gradient(new PairColumns([1], [-9], [0], [0]));
        Assert.True(gradient.PolicyChosen[0] > 0 && gradient.PolicyRejected[0] > 0);
    }

    [Fact]
    public void Aot_pairs_the_smallest_with_the_smallest_and_keeps_the_order_of_the_policy()
    {
        // d = 5, 1, 3 and e = 0, 2, 1: sorted 1−0, 3−1, 5−2.
        var losses = new AotLoss { Beta = 1 }.Values(new PairColumns([5, 1, 3], [0, 0, 0], [0, 2, 1], [0, 0, 0]));
        Same.Within([.. new[] { 3.0, 1, 2 }.Select(x => Math.Log(1 + Math.Exp(-x)))], losses, 1e-15, "losses");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1e-300)]
    [InlineData(-1e-12)]
    [InlineData(-1e-3)]
    public void Orpo_has_its_limit_where_the_average_log_probability_is_0(double average)
    {
        // e^(−o) = e^(b−a)(1 − e^a)/(1 − e^b), so ∂/∂a of S(−o) is −σ(−o)/(1 − e^a) = −e^(b−a) / ((1 − e^b) + e^(b−a)(1 − e^a)).
        const double b = -0.7;
        var (slope, rest) = (Math.Exp(b - average), -SmallExpm1(b) - (Math.Exp(b - average) * SmallExpm1(average)));
        var result = new OrpoLoss { Lambda = 1 }.Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = new[] { average }, PolicyRejected = new[] { b }, ChosenLength = [1.0], RejectedLength = [1.0],
        });
        Same.Relative(-1 - (slope / rest), result.Gradient(Columns.PolicyChosen)[0], 1e-13);
        Assert.Equal(Math.Log(rest / -SmallExpm1(b)) - average, result.Value, 1e-15 + (1e-13 * result.Value));
    }

    public static TheoryData<string> NotOfPairs => [.. LossCatalog.BuiltIn.Entries.Where(entry => entry.Loss is not PairLoss).Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(NotOfPairs))]
    [InlineData("tpo")]
    [InlineData("tdpo1")]
    public void Gradients_are_what_differences_say(string name)
    {
        // As in CentralDifferenceTests; RRHF's kinks are farther away than its steps for this seed.
        var loss = Evaluating.Loss(name);
        loss = loss.Has("rank_weight") ? loss.With("rank_weight", 1) : loss;
        var batch = AnyBatch.Random(loss, 5, seed: 4);
        var result = loss.Evaluate(batch.Batch<double>());
        var differences = new NumericalDerivative(points: 5, center: 2) { StepType = StepType.Absolute, BaseStepSize = 1.0 / 512 };
        foreach (var column in LossRun.Differentiated(loss, batch))
        {
            var expected = batch.Columns[column].Select((at, i) => differences.EvaluateDerivative(
                value => loss.Evaluate(batch.With(column, i, value).Batch<double>()).Value, at, 1)).ToArray();
            Same.Within(expected, result.Gradient(column), 1e-10, column);
        }
    }
}
