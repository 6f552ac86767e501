using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Losses of single examples: KTO, BCO, APO-zero; their order, their classes, their scalars.</summary>
public sealed class UnpairedTests
{
    private static readonly double[] Policy = [-10, -20, -15];
    private static readonly double[] Reference = [-12, -19, -15];
    private static readonly double[] Desirable = [1, 0, 1];

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static PreferenceBatch<double> Batch(double kl = 0.5, double[]? desirable = null) => new()
    {
        Policy = Policy, Reference = Reference, Desirable = desirable ?? Desirable,
        Scalars = new Dictionary<string, double> { [Columns.Kl] = kl, [Columns.Shift] = 0.25 },
    };

    [Fact]
    public void Kto_by_hand_in_the_order_of_the_input()
    {
        // c = 2, −1, 0; z = 0.5 (c − 0.5) = 0.75, −0.75, −0.25; desirable 2 σ(−z), undesirable 3 σ(z).
        var result = new KtoLoss { Beta = 0.5, DesirableWeight = 2, UndesirableWeight = 3 }.Evaluate(Batch());
        Same.Within([2 * Sigmoid(-0.75), 3 * Sigmoid(-0.75), 2 * Sigmoid(0.25)], result.Losses, 1e-15, "losses");

        // d/dc of the mean: −λ_D β σσ'/3 upwards, +λ_U β σσ'/3 downwards.
        var slope = 0.5 * Sigmoid(0.75) * Sigmoid(-0.75) / 3;
        var last = 0.5 * Sigmoid(0.25) * Sigmoid(-0.25) / 3;
        Same.Within([-2 * slope, 3 * slope, -2 * last], result.Gradient(Columns.Policy), 1e-15, "gradient");
        Same.Within([2 * slope, -3 * slope, 2 * last], result.Gradient(Columns.Reference), 1e-15, "gradient of the reference");
        Assert.Null(result.Rewards);
    }

    [Fact]
    public void A_negative_estimate_of_the_divergence_counts_as_0() =>
        Assert.Equal(new KtoLoss().Evaluate(Batch(kl: 0)).Losses.ToArray(), new KtoLoss().Evaluate(Batch(kl: -3)).Losses.ToArray());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_batch_of_one_kind_is_the_mean_over_it(double kind)
    {
        var result = new KtoLoss().Evaluate(Batch(desirable: [kind, kind, kind]));
        var sign = kind == 1 ? -1 : 1;
        var expected = new[] { 1.5, -1.5, -0.5 }.Average(distance => Sigmoid(sign * 0.1 * distance));
        Assert.Equal(expected, result.Value, 1e-15);
    }

    [Fact]
    public void Bco_by_hand()
    {
        // βc − δ = 0.5 c − 0.25 = 0.75, −0.75, −0.25.
        static double Softplus(double x) => Math.Log(1 + Math.Exp(x));
        var losses = new BcoLoss { Beta = 0.5 }.Evaluate(Batch()).Losses;
        Same.Within([Softplus(-0.75), Softplus(-0.75), Softplus(0.25)], losses, 1e-15, "losses");
    }

    [Fact]
    public void Apo_zero_is_Kto_without_a_baseline_or_weights() => Assert.Equal(
        new KtoLoss().Evaluate(Batch(kl: 0)).Losses.ToArray(), new ApoZeroUnpairedLoss().Evaluate(Batch()).Losses.ToArray());

    [Fact]
    public void Pairs_taken_apart_have_the_losses_of_the_paired_form()
    {
        // APO-zero and BCO add up what the unpaired forms give for the chosen and the rejected response.
        var pairs = PairColumns.Random(4, seed: 3);
        var apart = new PreferenceBatch<double>
        {
            Policy = pairs.PolicyChosen.Concat(pairs.PolicyRejected).ToArray(),
            Reference = pairs.ReferenceChosen.Concat(pairs.ReferenceRejected).ToArray(),
            Desirable = new double[] { 1, 1, 1, 1, 0, 0, 0, 0 },
            Scalars = new Dictionary<string, double> { [Columns.Shift] = 0.25 },
        };
        AssertSums(new ApoZeroLoss().Values(pairs), new ApoZeroUnpairedLoss().Evaluate(apart).Losses);
        AssertSums(new BcoPairShiftedLoss().Values(pairs), new BcoLoss().Evaluate(apart).Losses);
    }

    [Theory]
    [InlineData("kto", Columns.Kl)]
    [InlineData("bco", Columns.Shift)]
    public void A_missing_scalar_is_named(string name, string scalar)
    {
        var refused = Assert.Throws<InvalidBatchException>(() => Evaluating.Loss(name).Evaluate(
            new PreferenceBatch<double> { Policy = Policy, Reference = Reference, Desirable = Desirable }));
        Assert.Equal(scalar, refused.Column);
        Assert.Contains($"The scalar '{scalar}' is missing", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_example_is_desirable_or_not()
    {
        var refused = Assert.Throws<InvalidBatchException>(() => new KtoLoss().Evaluate(Batch(desirable: [1, 0.5, 0])));
        Assert.Equal((Columns.Desirable, (int?)1), (refused.Column, refused.Row));
        Assert.Contains("is 0.5 at row 1; 1 (desirable) and 0 (undesirable) are accepted", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_baseline_is_the_mean_over_mismatched_completions_and_never_negative()
    {
        Assert.Equal((3 - 1) / 2.0, KtoBaseline.Estimate<double>([-7, -21], [-10, -20]));
        Assert.Equal(0, KtoBaseline.Estimate<float>([-11f], [-10f]));
        Assert.Equal([1, 2, 0], Enumerable.Range(0, 3).Select(i => KtoBaseline.MismatchedCompletion(i, 3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => KtoBaseline.MismatchedCompletion(0, 1));
        Assert.Throws<ArgumentException>(() => KtoBaseline.Estimate<double>([], []));
        Assert.Throws<ArgumentException>(() => KtoBaseline.Estimate<double>([1], [1, 2]));
    }

    [Fact]
    public void Running_statistics_are_those_of_all_values_or_of_the_last_ones()
    {
        var mean = new RunningMean();
        Assert.Equal(2, mean.Update<double>([1, 3]));
        Assert.Equal(3, mean.Update<float>([5f]));
        Assert.Equal(3, mean.Count);
        Assert.Throws<ArgumentException>(() => mean.Update<double>([1, double.NaN]));
        Assert.Equal(3, mean.Value);

        var moments = new MovingMoments(decay: 0.75);
        moments.Update<double>([1, 3]);
        Assert.Equal((2, 1), (moments.Mean, moments.Deviation));
        moments.Update<double>([4, 8]);
        Assert.Equal(((0.75 * 2) + (0.25 * 6), (0.75 * 1) + (0.25 * 2)), (moments.Mean, moments.Deviation));

        // Where the policy is the reference, the deviation is 0, and would divide.
        var start = new MovingMoments(0.9);
        start.Update<double>([0, 0]);
        Assert.Equal((0, 1), (start.Mean, start.Deviation));
        var equal = new MovingMoments(0.9);
        equal.Update<double>([.. Enumerable.Repeat(0.1, 10)]);
        Assert.Equal((0.1, false), (equal.Mean, equal.HasSpread));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MovingMoments(1));
        Assert.Throws<ArgumentException>(() => start.Update<double>([]));
    }

    [Fact]
    public void Running_statistics_go_on_from_where_they_were()
    {
        var mean = new RunningMean();
        mean.Update<double>([1, 3, 4]);
        var restoredMean = RunningMean.Restore(mean.Value, mean.Count);
        Assert.Equal(mean.Update<double>([7, -2]), restoredMean.Update<double>([7, -2]));

        // At each stage: nothing seen, no spread seen, both.
        var moments = new MovingMoments(0.75);
        foreach (var batch in (double[][])[[2, 2], [1, 3], [4, 8]])
        {
            var restored = MovingMoments.Restore(0.75, moments.IsStarted ? moments.Mean : null, moments.HasSpread ? moments.Deviation : null);
            moments.Update<double>(batch);
            restored.Update<double>(batch);
            Assert.Equal((moments.Mean, moments.Deviation), (restored.Mean, restored.Deviation));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => RunningMean.Restore(double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RunningMean.Restore(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MovingMoments.Restore(0.5, double.NaN, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => MovingMoments.Restore(0.5, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MovingMoments.Restore(1, 0, 1));
    }

    private static void AssertSums(double[] paired, ReadOnlySpan<double> apart)
    {
        for (var i = 0; i < paired.Length; i++)
        {
            Assert.Equal(paired[i], apart[i] + apart[i + paired.Length], 1e-15);
        }
    }
}
