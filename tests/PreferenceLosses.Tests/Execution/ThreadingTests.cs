using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Results depend on the numbers alone: not on how many threads share a batch, nor on who else evaluates at the time.</summary>
public class ThreadingTests
{
    [Theory]
    [InlineData("discopop")]
    [InlineData("aqfl")]
    [InlineData("kto-pair")]
    [InlineData("sorted")]
    public void The_number_of_threads_does_not_change_a_bit(string name)
    {
        var loss = name == "sorted" ? Sorted : LossCatalog.BuiltIn.Find(name).Loss;
        var batch = PairColumns.Random(60_000, seed: 8).Batch<float>();
        var expected = loss.Evaluate(batch, new EvaluationOptions { MaxThreads = 1 });
        foreach (var threads in new[] { 2, 3, 7, 0 })
        {
            var actual = loss.Evaluate(batch, new EvaluationOptions { MaxThreads = threads });
            Assert.Equal(expected.Value, actual.Value);
            Assert.True(expected.Losses.SequenceEqual(actual.Losses), $"{threads} threads: losses");
            foreach (var column in PairColumns.Names)
            {
                Assert.True(expected.Gradient(column).SequenceEqual(actual.Gradient(column)), $"{threads} threads: {column}");
            }
        }
    }

    [Fact]
    public void One_loss_may_be_shared_between_threads()
    {
        var shared = new AqflLoss { Beta = 0.07 };
        var inputs = Enumerable.Range(0, 64).Select(i => PairColumns.Random(2 + (i * 7), seed: i)).ToArray();
        var expected = inputs.Select(i => new AqflLoss { Beta = 0.07 }.Evaluate(i.Batch<double>())).ToArray();
        Parallel.For(0, 2000, n =>
        {
            var i = n % inputs.Length;
            var actual = shared.Evaluate(inputs[i].Batch<double>());
            Assert.Equal(expected[i].Value, actual.Value);
            Assert.True(expected[i].Gradient(Columns.PolicyChosen).SequenceEqual(actual.Gradient(Columns.PolicyChosen)));
        });
    }

    /// <summary>A loss with sorts and scans over the batch, which go through memory that all threads share.</summary>
    private static PairLoss Sorted { get; } = PairLoss.Define("sorted", [], pair =>
    {
        var ρ = pair.LogRatioDifference;
        return CumulativeSum(Sort(ρ))
            * Sigmoid(ρ);
    });
}
