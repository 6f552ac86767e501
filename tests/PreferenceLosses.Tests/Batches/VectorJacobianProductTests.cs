using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Batches;

/// <summary>The gradient of Σ upstream · loss: linear in the upstream, and the same as <c>Evaluate</c> where that has such weights.</summary>
public sealed class VectorJacobianProductTests
{
    public static TheoryData<string> EveryLoss => Claims.Where(_ => true);

    /// <summary>But those whose coupling has no gradient: positions, ranks, lengths, and β-DPO's detached mean.</summary>
    public static TheoryData<string> Coupled => Claims.Where(
        claims => !claims.Pointwise && claims.Name is not ("decaying-weights-logistic" or "aot" or "aot-unpaired" or "sft" or "tpo" or "tpo-l" or "beta-dpo"));

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void It_is_linear_in_the_upstream(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            Any.Pairs(minimum: 2).And(Any.Exponent),
            both =>
            {
                var (pairs, seed) = both;
                var (u, v) = (Upstream(loss, pairs, seed), Upstream(loss, pairs, seed + 100));
                var (ofU, ofV) = (Product(loss, pairs, u), Product(loss, pairs, v));
                var combined = Product(loss, pairs, [.. u.Select((value, i) => (3 * value) - (0.5 * v[i]))]);

                // Rounding of sums of a handful of terms, of which the largest may cancel: up to the largest derivative.
                var size = PairColumns.Names.Max(column => Math.Max(ofU.Gradient[column].Max(Math.Abs), ofV.Gradient[column].Max(Math.Abs)));
                foreach (var column in PairColumns.Names)
                {
                    var expected = ofU.Gradient[column].Select((value, i) => (3 * value) - (0.5 * ofV.Gradient[column][i])).ToArray();
                    Same.Within(expected, combined.Gradient[column], 1e-13 * size, column);
                }

                var losses = loss.Values(pairs);
                var terms = losses.Select((value, i) => Math.Abs(u[i] * value) + Math.Abs(v[i] * value)).Sum();
                Assert.Equal((3 * ofU.Value) - (0.5 * ofV.Value), combined.Value, 1e-14 * terms);
                Assert.Equal(losses.Select((value, i) => u[i] * value).Sum(), ofU.Value, 1e-14 * terms);
            },
            count: 20);
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void With_one_over_the_number_of_losses_it_is_the_mean(string name)
    {
        var loss = Evaluating.Loss(name);
        var pairs = PairColumns.Random(8, seed: 21);
        var mean = loss.On(pairs);
        var (value, gradient) = Product(loss, pairs, [.. Enumerable.Repeat(1.0 / mean.Losses.Length, mean.Losses.Length)]);

        // 8 or 16 losses: a power of two, but another order of multiplications.
        Assert.Equal(mean.Value, value, 1e-15 * mean.Value);
        foreach (var column in PairColumns.Names)
        {
            var expected = mean.Gradient(column).ToArray();
            Same.Within(expected, gradient[column], 1e-15 * expected.Max(Math.Abs), column);
        }
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void With_the_row_weights_it_is_the_weighted_sum_in_every_bit(string name)
    {
        var loss = Evaluating.Loss(name);
        Property.Check(
            Any.Pairs(minimum: 2),
            pairs =>
            {
                var weights = pairs.PolicyChosen.Select((_, i) => 0.3 + (0.7 * i)).ToArray();
                var sum = loss.On(pairs, weights, Reduction.Sum);
                var upstream = Enumerable.Repeat(weights, sum.Losses.Length / pairs.Rows).SelectMany(half => half).ToArray();
                var (value, gradient) = Product(loss, pairs, upstream);
                Assert.Equal(sum.Value, value);
                foreach (var column in PairColumns.Names)
                {
                    Same.Bits(sum.Gradient(column), gradient[column], column);
                }
            },
            count: 20);
    }

    [Theory]
    [MemberData(nameof(Coupled))]
    public void A_row_with_an_upstream_of_0_still_takes_part_in_statistics(string name)
    {
        // All weight is on the last row (of each half); what it depends on shows in the gradient of the first.
        var loss = Evaluating.Loss(name);
        var pairs = new PairColumns([-9, -9.5, -8], [-12, -12.25, -11], [-10, -10, -10], [-12, -12, -12]);
        var losses = loss.Values(pairs);
        double[] upstream = losses.Length == 3 ? [0, 0, 1] : [0, 0, 1, 0, 0, 1];
        var (value, gradient) = Product(loss, pairs, upstream);

        Assert.Equal(losses.Select((each, i) => each * upstream[i]).Sum(), value, 1e-15);
        Assert.True(
            Math.Abs(gradient.PolicyChosen[0]) + Math.Abs(gradient.PolicyRejected[0]) > 1e-7, $"{gradient.PolicyChosen[0]}, {gradient.PolicyRejected[0]}");
    }

    [Fact]
    public void A_row_with_an_upstream_of_0_is_still_checked()
    {
        var refused = Assert.Throws<InvalidBatchException>(
            () => Product(Evaluating.Loss("dpo"), Evaluating.At(1, double.NaN), [1, 0]));
        Assert.Equal(1, refused.Row);
    }

    [Fact]
    public void The_two_halves_of_a_2B_loss_have_upstreams_of_their_own()
    {
        // c_w = −2 and c_l = −4 (as in KtoPairTests): without baselines each half has its own column.
        var beta = Math.Log(3) / 2;
        var loss = Evaluating.Loss("kto-pair", beta);
        var (value, gradient) = Product(loss, new PairColumns([-12], [-14], [-10], [-10]), [10, 1000]);
        Assert.Equal((10 * 0.75) + (1000 * 0.1), value, 1e-13);
        Assert.Equal(-10 * beta * 3 / 16, gradient.PolicyChosen[0], 1e-14);
        Assert.Equal(1000 * beta * 9 / 100, gradient.PolicyRejected[0], 1e-13);
    }

    [Fact]
    public void Any_finite_upstream_is_taken_and_the_reduction_is_not_looked_at()
    {
        double[] upstream = [-2, 0, 1e6];
        var loss = Evaluating.Loss("slic", beta: 1);
        var destination = new double[3];
        var value = loss.VectorJacobianProduct(
            Evaluating.At(0, 0.5, -1).Batch<double>(),
            upstream,
            new LossDestination<double> { PolicyChosen = destination },
            new EvaluationOptions { Reduction = Reduction.Mean });
        Assert.Equal((-2 * 1) + (1e6 * 2), value);
        Same.Bits([2, 0, -1e6], destination);
    }

    [Fact]
    public void A_batch_with_weights_is_refused()
    {
        var refused = Assert.Throws<InvalidBatchException>(() => Evaluating.Loss("dpo").VectorJacobianProduct(
            Evaluating.At(1).Batch<double>([1]), [1.0], new LossDestination<double>()));
        Assert.Equal("weight", refused.Column);
        Assert.Contains("upstream", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dpo", 2, 3)]
    [InlineData("kto-pair", 3, 6)]
    [InlineData("dpo", 0, 3)]
    public void An_upstream_of_the_wrong_length_is_refused(string name, int length, int expected)
    {
        var refused = Assert.ThrowsAny<ArgumentException>(() => Product(Evaluating.Loss(name), Evaluating.At(1, 2, 3), new double[length]));
        Assert.Equal("upstream", refused.ParamName);
        Assert.Contains($"{length} upstream weights and {expected} losses", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_upstream_at_all_is_not_taken_for_the_mean()
    {
        var refused = Assert.ThrowsAny<ArgumentException>(() => Evaluating.Loss("dpo").VectorJacobianProduct(
            Evaluating.At(1, 2, 3).Batch<double>(), default, new LossDestination<double>()));
        Assert.Equal("upstream", refused.ParamName);
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    public void An_upstream_that_is_not_finite_is_refused_with_its_position(double value, string shown)
    {
        var refused = Assert.ThrowsAny<ArgumentException>(() => Product(Evaluating.Loss("kto-pair"), Evaluating.At(1, 2), [1, 2, 3, value]));
        Assert.Equal("upstream", refused.ParamName);
        Assert.Contains($"upstream weight 3 is {shown}", refused.Message, StringComparison.Ordinal);
    }

    private static (double Value, PairColumns Gradient) Product(PreferenceLoss loss, PairColumns pairs, double[] upstream)
    {
        var gradient = PairColumns.From(_ => new double[pairs.Rows]);
        var value = loss.VectorJacobianProduct(
            pairs.Batch<double>(),
            upstream,
            new LossDestination<double>
            {
                PolicyChosen = gradient.PolicyChosen,
                PolicyRejected = gradient.PolicyRejected,
                ReferenceChosen = gradient.ReferenceChosen,
                ReferenceRejected = gradient.ReferenceRejected,
            });
        return (value, gradient);
    }

    private static double[] Upstream(PreferenceLoss loss, PairColumns pairs, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, pairs.Rows * loss.Graph.Losses.Length).Select(_ => (random.Next(0, 9) - 4) / 4.0)];
    }
}
