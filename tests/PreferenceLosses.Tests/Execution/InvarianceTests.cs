using System.Numerics;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>What may not matter does not: neighbours for a pointwise loss, the order of rows for any loss that does not read it.</summary>
public class InvarianceTests
{
    private const int Rows = 300;

    private static readonly EvaluationOptions Sum = new() { Reduction = Reduction.Sum };

    public static TheoryData<string> Pointwise => [.. LossCatalog.BuiltIn.Entries.Where(e => !e.Loss.Graph.IsBatchCoupled).Select(e => e.Name)];

    public static TheoryData<string> Unordered => [.. LossCatalog.BuiltIn.Entries.Where(e => !ReadsPositions(e.Loss)).Select(e => e.Name)];

    [Fact]
    public void Only_the_loss_of_decaying_weights_reads_positions() =>
        Assert.Equal(["decaying-weights-logistic"], LossCatalog.BuiltIn.Entries.Where(e => ReadsPositions(e.Loss)).Select(e => e.Name));

    [Theory]
    [MemberData(nameof(Pointwise))]
    public void A_row_of_a_pointwise_loss_keeps_every_bit_whatever_its_neighbours_and_position(string name)
    {
        KeepsEveryBit<float>(LossCatalog.BuiltIn.Find(name).Loss);
        KeepsEveryBit<double>(LossCatalog.BuiltIn.Find(name).Loss);
    }

    [Theory]
    [MemberData(nameof(Unordered))]
    public void Rows_in_another_order_have_the_same_results_in_that_order(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var columns = AnyBatch.Random(loss, Rows, seed: 5);
        var order = Enumerable.Range(0, Rows).ToArray();
        new Random(3).Shuffle(order);
        var straight = LossRun.Evaluate<double>(loss, columns);
        var shuffled = LossRun.Evaluate<double>(loss, columns.Reordered(order));

        // Sums over the batch differ in the order of their terms, that is by less than their last digit; a few digits of rows follow.
        Assert.Equal(straight[LossRun.Reduced][0], shuffled[LossRun.Reduced][0], 1e-15 * (1 + Math.Abs(straight[LossRun.Reduced][0])));
        foreach (var (result, values) in straight.Where(r => r.Key != LossRun.Reduced))
        {
            var scale = values.Max(Math.Abs);
            if (columns.Columns.TryGetValue(result, out var column) && column.Length > Rows)
            {
                Same.Within(FormulaBatch.Reordered(values, order), shuffled[result], 1e-14 * scale, result);
                continue;
            }

            foreach (var (half, at) in Enumerable.Range(0, values.Length).Select(i => (i / Rows * Rows, i % Rows)))
            {
                Assert.Equal(values[half + order[at]], shuffled[result][half + at], 1e-14 * scale);
            }
        }
    }

    private static void KeepsEveryBit<T>(PreferenceLoss loss)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Neighbours of all sizes, and none: blocks of one row run the other kind of program.
        var columns = AnyBatch.Random(loss, Rows, seed: 7);
        var order = Enumerable.Range(0, Rows).ToArray();
        new Random(1).Shuffle(order);
        var together = LossRun.Evaluate<T>(loss, columns, options: Sum);
        var shuffled = LossRun.Evaluate<T>(loss, columns.Reordered(order), offset: 3, options: Sum);
        foreach (var at in Enumerable.Range(0, Rows))
        {
            AssertSameRow(together, order[at], shuffled, at);
        }

        foreach (var row in new[] { 0, 1, 127, 128, 255, 299 })
        {
            AssertSameRow(together, row, LossRun.Evaluate<T>(loss, columns.Picked([row]), options: Sum), 0);
        }
    }

    private static void AssertSameRow(Dictionary<string, double[]> a, int rowOfA, Dictionary<string, double[]> b, int rowOfB)
    {
        foreach (var (result, values) in a.Where(r => r.Key != LossRun.Reduced))
        {
            var perRow = values.Length / a[LossRun.Losses].Length;
            for (var k = 0; k < perRow; k++)
            {
                var (first, second) = (values[(rowOfA * perRow) + k], b[result][(rowOfB * perRow) + k]);
                Assert.True(first.Equals(second), $"{result}: {first:R} and {second:R}");
            }
        }
    }

    private static bool ReadsPositions(PreferenceLoss loss) => NodeOrder.Of(loss.Graph.Losses).Any(n => n.Operation == Operation.RowIndex);
}
