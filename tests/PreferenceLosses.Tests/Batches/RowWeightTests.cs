using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>Row weights: what the mean is, what a weight of 0 does, and what other weights do not do.</summary>
public sealed class RowWeightTests
{
    public static TheoryData<string> EveryLoss => Claims.Where(_ => true);

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void The_mean_is_the_weighted_sum_over_the_number_of_losses_whose_row_has_a_weight(string name)
    {
        // Weights 2, 0, 0.5, 3: three rows count, and six outputs of a 2B loss, whose two halves have the weight of the row.
        double[] weights = [2, 0, 0.5, 3];
        var pairs = PairColumns.Random(4, seed: 5);
        var loss = Evaluating.Loss(name);
        var (mean, sum) = (loss.On(pairs, weights), loss.On(pairs, weights, Reduction.Sum));

        var outputs = mean.Losses.Length / 4;
        var expected = mean.Losses.ToArray().Select((value, i) => value * weights[i % 4]).Sum();
        Assert.Equal(expected, sum.Value, 1e-14 * Math.Abs(expected));
        Assert.Equal(expected / (3 * outputs), mean.Value, 1e-14 * Math.Abs(expected));
        Assert.Equal(3, mean.Rows);
        var steepest = PairColumns.Names.Max(column => sum.Gradient(column).ToArray().Max(Math.Abs));
        foreach (var column in PairColumns.Names)
        {
            // The same derivatives over 3 (or 6), up to the rounding of that factor in the terms that they are sums of.
            var derivatives = sum.Gradient(column).ToArray();
            Same.Within([.. derivatives.Select(value => value / (3 * outputs))], mean.Gradient(column), 1e-15 * steepest, column);
        }
    }

    [Fact]
    public void The_mean_does_not_divide_by_the_weights()
    {
        // (4·1 + 2·0.5)/2 = 2.5 for hinge losses of 1 and ½: not 5/6.
        var result = new SlicLoss { Beta = 0.5 }.On(Evaluating.At(0, 1), [4, 2]);
        Assert.Equal(2.5, result.Value);

        // −β·w/N.
        Same.Bits([-1, -0.5], result.Gradient(Columns.PolicyChosen));
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void A_row_of_weight_0_is_no_row_in_every_bit_whatever_it_holds(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            Any.Pairs(minimum: 2).And(Any.Exponent),
            both =>
            {
                var (pairs, seed) = both;
                var random = new Random(seed);
                var weights = Enumerable.Range(0, pairs.Rows).Select(_ => random.Next(1, 5) / 2.0).ToArray();
                var positions = WithHoles(pairs.Rows, random);
                var widened = PairColumns.From(column => Widen(pairs[column], positions, _ => Garbage(random)));

                AssertSame(
                    loss.On(pairs, weights, Reduction.Sum), loss.On(widened, Widen(weights, positions, _ => 0), Reduction.Sum), positions);
                AssertSame(loss.On(pairs, weights), loss.On(widened, Widen(weights, positions, _ => 0)), positions);
            },
            count: 20);
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void A_row_of_weight_0_is_no_row_in_single_precision_and_over_several_blocks_too(string name)
    {
        var random = new Random(3);
        var pairs = PairColumns.Random(300, seed: 3);
        var positions = WithHoles(300, random);
        var widened = PairColumns.From(column => Widen(pairs[column], positions, _ => Garbage(random)));
        var ones = Enumerable.Repeat(1.0, 300).ToArray();

        var loss = Evaluating.Loss(name);
        AssertSame(
            loss.Evaluate(pairs.Batch<float>(ones)), loss.Evaluate(widened.Batch<float>(Widen(ones, positions, _ => 0))), positions);
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void Weights_other_than_0_do_not_enter_losses_rewards_or_statistics(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            Any.Pairs(minimum: 2),
            pairs =>
            {
                var weights = pairs.PolicyChosen.Select((_, i) => 0.25 + i).ToArray();
                var (plain, weighted) = (loss.On(pairs), loss.On(pairs, weights));
                Same.Bits(plain.Losses, weighted.Losses, "losses");
                Same.Bits(plain.Rewards!.Chosen, weighted.Rewards!.Chosen, "chosen rewards");
                Same.Bits(plain.Rewards.Rejected, weighted.Rewards.Rejected, "rejected rewards");
                Assert.Equal(plain.Rewards.MeanChosen, weighted.Rewards.MeanChosen);
                Assert.Equal(plain.Rewards.Accuracy, weighted.Rewards.Accuracy);
            },
            count: 20);
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void Weights_of_1_change_nothing_and_a_common_factor_goes_through(string name)
    {
        var loss = Evaluating.Loss(name);
        var pairs = PairColumns.Random(6, seed: 8);
        var plain = loss.On(pairs, reduction: Reduction.Sum);
        var ones = loss.On(pairs, [1, 1, 1, 1, 1, 1], Reduction.Sum);
        var quarters = loss.On(pairs, [0.25, 0.25, 0.25, 0.25, 0.25, 0.25], Reduction.Sum);
        Assert.Equal(plain.Value, ones.Value);
        Assert.Equal(plain.Value / 4, quarters.Value);
        foreach (var column in PairColumns.Names)
        {
            // Without weights the same derivative is written down in another order.
            var derivatives = plain.Gradient(column).ToArray();
            Same.Within(derivatives, ones.Gradient(column), 1e-15 * derivatives.Max(Math.Abs), column);
            Same.Bits([.. ones.Gradient(column).ToArray().Select(value => value / 4)], quarters.Gradient(column), column);
        }
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void With_all_weights_0_no_row_takes_part(string name)
    {
        var pairs = new PairColumns([double.NaN, 1], [2, 3], [4, double.PositiveInfinity], [6, 7]);
        var mean = Evaluating.Loss(name).On(pairs, [0, 0]);
        Assert.Equal(0, mean.Rows);
        Assert.All(mean.Losses.ToArray(), value => Assert.Equal(0, value));
        Assert.All(PairColumns.Names, column => Same.Bits([0, 0], mean.Gradient(column), column));
        Same.Bits([0, 0], mean.Rewards!.Chosen);
        Assert.True(double.IsNaN(mean.Rewards.Accuracy) && double.IsNaN(mean.Rewards.MeanMargin));
        Assert.Contains("mean of nothing", Assert.Throws<InvalidOperationException>(() => mean.Value).Message, StringComparison.Ordinal);

        Assert.Equal(0, Evaluating.Loss(name).On(pairs, [0, 0], Reduction.Sum).Value);
    }

    [Theory]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_weight_that_is_negative_or_not_finite_is_refused_with_its_row(double weight)
    {
        var refused = Assert.Throws<InvalidBatchException>(() => new DpoLoss().On(Evaluating.At(1, 2, 3), [1, 0, weight]));
        Assert.Equal("weight", refused.Column);
        Assert.Equal(2, refused.Row);
        Assert.Contains("0 or greater", refused.Message, StringComparison.Ordinal);
        Assert.Contains("row 2", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Positions of rows among others, at least one of them before, between or after.</summary>
    private static int[] WithHoles(int rows, Random random)
    {
        var positions = new int[rows];
        var next = random.Next(0, 2);
        for (var i = 0; i < rows; i++)
        {
            next += random.Next(0, 3);
            positions[i] = next++;
        }

        return positions;
    }

    private static double[] Widen(double[] values, int[] positions, Func<int, double> hole)
    {
        var widened = Enumerable.Range(0, positions[^1] + 2).Select(hole).ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            widened[positions[i]] = values[i];
        }

        return widened;
    }

    private static double Garbage(Random random) =>
        new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300, -7.5, 0 }[random.Next(6)];

    /// <summary>The second result is that of the first with rows between that do not count.</summary>
    private static void AssertSame<T>(LossResult<T> alone, LossResult<T> among, int[] positions)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        Assert.Equal(alone.Value, among.Value);
        Assert.Equal(alone.Rows, among.Rows);
        Assert.Equal(alone.Rewards!.Accuracy, among.Rewards!.Accuracy);
        Assert.Equal(alone.Rewards.MeanChosen, among.Rewards.MeanChosen);
        Assert.Equal(alone.Rewards.MeanMargin, among.Rewards.MeanMargin);
        AssertSpread(alone.Losses, among.Losses, positions, "losses");
        AssertSpread(alone.Rewards.Chosen, among.Rewards.Chosen, positions, "chosen rewards");
        AssertSpread(alone.Rewards.Rejected, among.Rewards.Rejected, positions, "rejected rewards");
        foreach (var column in PairColumns.Names)
        {
            AssertSpread(alone.Gradient(column), among.Gradient(column), positions, column);
        }
    }

    private static void AssertSpread<T>(ReadOnlySpan<T> alone, ReadOnlySpan<T> among, int[] positions, string what)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var halves = alone.Length / positions.Length;
        var expected = new double[among.Length];
        for (var half = 0; half < halves; half++)
        {
            for (var i = 0; i < positions.Length; i++)
            {
                expected[(half * among.Length / halves) + positions[i]] = double.CreateTruncating(alone[(half * positions.Length) + i]);
            }
        }

        Same.Bits(expected, [.. among.ToArray().Select(value => double.CreateTruncating(value))], what);
    }
}
