using System.Numerics;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>
/// Every operation, in both precisions, against the reference evaluator: on all shapes of operands and broadcasts between them,
/// with ragged responses, and at sizes around the borders of a block.
/// </summary>
public class OperationTests
{
    private static readonly int[] Sizes = [1, 2, 3, 5, 8, 17, 127, 128, 129, 255, 256, 257, 300];

    /// <summary>Ties, zeros of both signs, borders of the stable forms, overflow, underflow, infinities and NaN.</summary>
    internal static readonly double[] SpecialValues =
    [
        0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 1e-8, -1e-8, 1e-30, -1e-30, float.Epsilon, -float.Epsilon, 0.6931471805599453,
        -0.6931471805599453, 0.4142135, 17, -17, 20, -20, 36.7, -37.5, 88.5, -88.5, 90, -104.5, 709, -746, 1e10, -1e10,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN,
    ];

    public static TheoryData<Operation> Operations => [.. Enum.GetValues<Operation>()];

    public static TheoryData<Operation> Elementwise => [.. Enum.GetValues<Operation>().Where(o => o.IsElementwise())];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Single_precision_agrees_with_the_reference(Operation operation) => AgreesWithTheReference<float>(operation);

    [Theory]
    [MemberData(nameof(Operations))]
    public void Double_precision_agrees_with_the_reference(Operation operation) => AgreesWithTheReference<double>(operation);

    [Theory]
    [MemberData(nameof(Elementwise))]
    public void A_row_keeps_every_bit_whatever_its_neighbours(Operation operation)
    {
        KeepsEveryBit<float>(operation);
        KeepsEveryBit<double>(operation);
    }

    private static void KeepsEveryBit<T>(Operation operation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const int rows = 260;
        var random = new Random(1);
        var formulas = OperationSamples.Of(operation).Where(f => f.Shape == Shape.Row).ToArray();
        var batch = OperationSamples.Batch(rows, 1, mask: null, () => random.Next(4) > 0 ? 30 * (random.NextDouble() - 0.5) : SpecialValues[random.Next(SpecialValues.Length)]);
        var order = Enumerable.Range(0, rows).ToArray();
        random.Shuffle(order);
        var straight = FormulaRunner.Run<T>(batch, formulas);
        var shuffled = FormulaRunner.Run<T>(batch.Reordered(order), formulas);
        for (var f = 0; f < formulas.Length; f++)
        {
            Assert.Equal(order.Select(row => straight[f][row]), shuffled[f]);
        }
    }

    private static void AgreesWithTheReference<T>(Operation operation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random((int)operation);
        var formulas = OperationSamples.Of(operation);
        var open = 0;
        for (var i = 0; i < Sizes.Length; i++)
        {
            var responses = 1 + (i % 5);
            var mask = i % 2 == 0 ? null : FormulaBatch.RaggedMask(Sizes[i], responses, random);
            foreach (var source in Sources(operation, random))
            {
                var batch = OperationSamples.Batch(Sizes[i], responses, mask, source).Rounded<T>();
                var expected = ReferenceEvaluator.Evaluate(batch, formulas, Precision.Of<T>());
                var actual = FormulaRunner.Run<T>(batch, formulas);
                for (var f = 0; f < formulas.Count; f++)
                {
                    var shapes = string.Join(", ", formulas[f].Operands.Select(o => o.Shape));
                    open += expected[f].AssertAgrees(actual[f], $"{operation} of {shapes}, {Sizes[i]} rows of {responses}");
                }
            }
        }

        // Inputs have no error, so there is nothing that one operation could leave open.
        Assert.Equal(0, open);
    }

    private static bool IsExpTimes(Operation operation) => operation is Operation.ExpTimes or Operation.ExpOfRest or Operation.ExpTimesOfRest;

    private static Func<double>[] Sources(Operation operation, Random random)
    {
        // Squares and sums of larger numbers overflow at other places than in the reference; e^x · b is for normal b below 1e30.
        var decades = operation.IsElementwise() && !IsExpTimes(operation) ? 36 : 15;
        var special = IsExpTimes(operation) ? [.. SpecialValues.Where(v => v == 0 || Math.Abs(v) > 1e-31)] : SpecialValues;
        return
        [
            () => Math.Round(40 * (random.NextDouble() - 0.5), 2),
            () => (random.Next(2) == 0 ? 1 : -1) * Math.Pow(10, (2 * decades * random.NextDouble()) - decades),
            () => special[random.Next(special.Length)],
        ];
    }
}
