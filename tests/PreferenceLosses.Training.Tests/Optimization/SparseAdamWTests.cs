using PreferenceLosses.Training.Tests.Policies;

namespace PreferenceLosses.Training.Tests.Optimization;

/// <summary>The optimizer that skips rows, against a dense one that does not.</summary>
public class SparseAdamWTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void It_is_a_dense_AdamW_but_for_the_momentum_of_rows_without_a_gradient(double weightDecay)
    {
        var options = new AdamWOptions { Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-6, WeightDecay = weightDecay };
        var policy = TestPolicies.Random(1, optimizer: options);
        var dense = new DensePolicy(policy).Weights;
        var means = dense.Select(row => new double[row.Length]).ToArray();
        var squares = dense.Select(row => new double[row.Length]).ToArray();
        var untouched = 0;
        for (var step = 1; step <= 25; step++)
        {
            var rate = 0.2 / step;
            policy.Accumulate(TestPolicies.Sequences((ulong)step, 2), [1, -0.7]);
            policy.ScaleGradient(0.5);
            var gradients = Enumerable.Range(0, policy.Gradient.Count)
                .ToDictionary(policy.Gradient.RowOf, slot => policy.Gradient.Values(slot).ToArray().Select(g => g * 0.5).ToArray());
            for (var row = 0; row < dense.Length; row++)
            {
                var gradient = gradients.GetValueOrDefault(row);
                untouched += gradient is null ? 1 : 0;
                for (var i = 0; i < dense[row].Length; i++)
                {
                    var g = gradient?[i] ?? 0;
                    dense[row][i] *= 1 - (rate * weightDecay);
                    means[row][i] = (0.8 * means[row][i]) + (0.2 * g);
                    squares[row][i] = (0.95 * squares[row][i]) + (0.05 * g * g);
                    if (gradient is not null)
                    {
                        var mean = means[row][i] / (1 - Math.Pow(0.8, step));
                        var square = squares[row][i] / (1 - Math.Pow(0.95, step));
                        dense[row][i] -= rate * mean / (Math.Sqrt(square) + 1e-6);
                    }
                }
            }

            policy.OptimizerStep(rate);
        }

        Assert.True(untouched > 100, "The test needs rows that steps leave alone.");
        Assert.Equal(0, policy.Gradient.Count);
        var results = policy.AllWeights();
        var expected = dense.SelectMany(row => row).ToArray();
        for (var i = 0; i < results.Length; i++)
        {
            Assert.Equal(expected[i], results[i], 2e-5);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-50)]
    [InlineData(1e39)]
    [InlineData(double.NaN)]
    public void An_epsilon_that_single_precision_does_not_have_is_refused(double epsilon) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamWOptions { Epsilon = epsilon });

    [Fact]
    public void The_smallest_epsilon_keeps_weights_finite()
    {
        // Weights whose gradient is 0, in a row that has one: 0 / (0 + ε).
        var policy = TestPolicies.Random(2, optimizer: new AdamWOptions { Epsilon = 1e-37 });
        policy.Accumulate(TestPolicies.Sequences(1, 2), [0, 0]);
        policy.OptimizerStep(0.1);
        Assert.All(policy.AllWeights(), weight => Assert.True(float.IsFinite(weight)));
    }

    [Fact]
    public void A_learning_rate_that_decays_everything_is_refused()
    {
        var policy = TestPolicies.Random(2, optimizer: new AdamWOptions { WeightDecay = 2 });
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.OptimizerStep(0.5));
    }
}
