using System.Numerics;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>
/// Every loss of the catalogue, at every size around the borders of vectors and blocks, in both precisions, with and without
/// weights, in spans at odd places: losses, reduced loss, gradients and rewards against the reference evaluator. The catalogue is
/// enumerated, so a new loss is tested as soon as it is listed.
/// </summary>
public class CatalogueTests
{
    private static readonly int[] BorderSizes = [1, 2, 3, 7, 8, 9, 17, 33, 127, 255, 256, 257];

    public static TheoryData<string> Losses => [.. LossCatalog.BuiltIn.Entries.Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_agrees_with_the_reference_at_the_borders_of_vectors_and_blocks(string name)
    {
        foreach (var rows in BorderSizes)
        {
            AgreesWithTheReference(name, rows, offset: rows % 4);
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    [Trait("Category", "Long")]
    public void A_loss_agrees_with_the_reference_at_all_sizes_to_257_and_offsets(string name)
    {
        for (var rows = 1; rows <= 257; rows++)
        {
            AgreesWithTheReference(name, rows, offset: rows % 4);
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_batch_of_no_rows_writes_nothing_and_its_sum_is_0(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var none = AnyBatch.For(loss, rows: 0, (low, _) => low, new Random(1));
        var results = LossRun.Evaluate<float>(loss, none, offset: 1, options: new EvaluationOptions { Reduction = Reduction.Sum });
        Assert.Equal(0, results[LossRun.Reduced][0]);
    }

    private static void AgreesWithTheReference(string name, int rows, int offset)
    {
        AgreesWithTheReference<float>(name, rows, offset);
        AgreesWithTheReference<double>(name, rows, offset);
    }

    private static void AgreesWithTheReference<T>(string name, int rows, int offset)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var random = new Random((rows * 4) + offset);
        double Uniform(double low, double high) => double.CreateTruncating(T.CreateTruncating(low + ((high - low) * random.NextDouble())));

        var columns = AnyBatch.For(loss, rows, Uniform, random);
        var options = new EvaluationOptions { Reduction = rows % 3 == 0 ? Reduction.Sum : Reduction.Mean, SingleRow = SingleRow.PyTorch };
        var weights = offset % 2 == 0 ? null : Enumerable.Range(0, rows).Select(_ => random.Next(4) == 0 ? 0 : Uniform(0.1, 3)).ToArray();
        if (weights is not null)
        {
            weights[rows / 2] = 1;
        }

        var expected = LossReference.Evaluate(loss, columns, Precision.Of<T>(), weights, options);
        var actual = LossRun.Evaluate<T>(loss, columns, weights, offset, options);
        foreach (var (result, values) in actual)
        {
            // Nothing may be left open: no row of these is near a jump.
            Assert.Equal(0, expected[result].AssertAgrees(values, $"{result} of {name}, {rows} rows in {typeof(T).Name}"));
        }
    }
}
