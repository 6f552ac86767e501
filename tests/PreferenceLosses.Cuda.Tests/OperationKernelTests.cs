using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>A loss for each operation that a formula can have: what users and discovery write, beyond the catalogue.</summary>
public class OperationKernelTests
{
    /// <summary>
    /// Units in the last place for functions that are computed in double precision by both, in different ways, and rounded:
    /// a rounding that tips, and what the formula around it makes of that. All others have the same digits.
    /// </summary>
    private const int UnitsOfSpecialFunctions = 4;

    private static readonly string[] Special = ["sin", "cos", "atan", "erf", "erfc", "power"];

    public static TheoryData<string> Kernels => [.. OperationLosses.All.Where(l => !Sorts(l)).Select(l => l.Name)];

    public static TheoryData<string> Refused => [.. OperationLosses.All.Where(Sorts).Select(l => l.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_gives_what_the_CPU_gives(string name)
    {
        var loss = OperationLosses.All.Single(l => l.Name == name);
        var units = Special.Contains(name.Split('-')[0]) ? UnitsOfSpecialFunctions : 0;
        Comparison.AssertSameDigits(loss, Comparison.Batch(loss, 64), Reduction.Mean, null, LaunchShape.Default, ThreadOrder.Random, units);
        Comparison.AssertSameDigits(loss, Comparison.Batch(loss, 75), Reduction.Sum, null, Comparison.SmallBlocks, ThreadOrder.Backward, units);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_sort_or_scan_over_the_batch_is_refused(string name)
    {
        var loss = OperationLosses.All.Single(l => l.Name == name);
        Assert.Throws<NotSupportedException>(() => LossKernel.Of(loss, Comparison.Variant(loss, Comparison.Batch(loss, 3), Reduction.Mean)));
    }

    private static bool Sorts(IPreferenceLoss loss) =>
        loss.Graph.Nodes.Any(n => n.Axis == Axis.Batch && (n.Operation.IsSortOrScan() || n.Operation == Operation.Quantile));
}
