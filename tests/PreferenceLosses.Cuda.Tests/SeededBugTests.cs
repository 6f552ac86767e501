using System.Text.RegularExpressions;
using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>Bugs put into the text of a kernel on purpose: the comparisons and the interpreter have to notice each.</summary>
public class SeededBugTests
{
    private static readonly int[] Sizes = [403, 400];

    /// <summary>Two passes, so that a statistic of the batch comes back to the rows.</summary>
    private static readonly PreferenceLoss Loss = LossCatalog.BuiltIn.Find("beta-dpo").Loss;

    public static TheoryData<string, string, string> Bugs => new()
    {
        { "no barrier", @"bar\.sync 0;", "" },
        { "no test for the end of the batch", @"setp\.ge\.u32 (%p\d+), (%r\d+), %r1;", "setp.ge.u32 $1, $2, 2147483647;" },
        { "a row beyond the end of the batch", @"setp\.ge\.u32 (%p\d+), (%r\d+), %r1;", "setp.gt.u32 $1, $2, %r1;" },
        { "a ladder of shuffles that is too short", @"(shfl\.sync\.bfly\.b32 %r\d+, %r\d+), 16,", "$1, 8," },
        { "an offset of half the size", @"mul\.wide\.u32 (%rd\d+), (%r\d+), 4;", "mul.wide.u32 $1, $2, 2;" },
        { "a shared slot for all warps", @"mad\.lo\.s32 (%r\d+), (%r\d+), 8, (%r\d+);", "mad.lo.s32 $1, $2, 0, $3;" },
        { "a total written by another thread than the first", @"setp\.eq\.s32 (%p\d+), %r3, 0;", "setp.eq.s32 $1, %r3, 99;" },
        { "two neighbours exchanged", @"ld\.global\.nc\.v4\.f32 \{(%f\d+), (%f\d+),", "ld.global.nc.v4.f32 {$2, $1," },
        { "four rows where fewer are left", @"setp\.gt\.u32 (%p\d+), (%r\d+), (%r\d+);", "setp.gt.u32 $1, $2, 404;" },
        { "a last row of fewer than four left out", @"min\.u32 (%r\d+), (%r\d+), %r1;", "min.u32 $1, $2, 402;" },
        { "sixteen bytes at any address", @"setp\.eq\.s64 (%p\d+), (%rd\d+), 0;", "setp.ge.s64 $1, $2, 0;" },
        { "a statistic of another pass", @"ld\.global\.f64 (%fd\d+), \[(%rd\d+)\];", "mov.f64 $1, 0d3FF0000000000000;" },
    };

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_bug_is_noticed(string bug, string pattern, string replacement)
    {
        // Two blocks, with whole fours and with three rows beyond them.
        Assert.True(Enum.GetValues<ThreadOrder>().Any(IsNoticedInAnyBatch), $"{bug} was not noticed.");

        bool IsNoticedInAnyBatch(ThreadOrder order) => Sizes.Any(rows => IsNoticed(rows, order, isAligned: true) || IsNoticed(rows, order, isAligned: false));

        bool IsNoticed(int rows, ThreadOrder order, bool isAligned)
        {
            var batch = Comparison.Batch(Loss, rows);
            var variant = Comparison.Variant(Loss, batch, Reduction.Mean);
            var shape = new LaunchShape(WholeRows: 100, WholeThreads: 64, PassThreads: 64);
            var expected = EmulatedLoss.Run(Loss, batch, variant, shape: shape);
            try
            {
                var actual = EmulatedLoss.Run(Loss, batch, variant, shape: shape, order: order, isAligned: isAligned, change: text =>
                {
                    var changed = Regex.Replace(text, pattern, replacement);
                    return changed != text ? changed : throw new InvalidOperationException($"Nothing to break: {pattern}.");
                });
                return !expected.Scalars.SequenceEqual(actual.Scalars)
                    || expected.Rows.Any(output => !output.Value.SequenceEqual(actual.Rows[output.Key]));
            }
            catch (PtxException)
            {
                return true;
            }
        }
    }
}
