using System.Text.RegularExpressions;
using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>Bugs put into the text of a kernel on purpose: the comparisons and the interpreter have to notice each.</summary>
public class SeededBugTests
{
    /// <summary>Two passes, so that a statistic of the batch comes back to the rows.</summary>
    private static readonly PreferenceLoss Loss = LossCatalog.BuiltIn.Find("beta-dpo").Loss;

    public static TheoryData<string, string, string> Bugs => new()
    {
        { "no barrier", @"bar\.sync 0;", "" },
        { "no test for the end of the batch", @"setp\.ge\.u32 (%p\d+), (%r\d+), %r1;", "setp.ge.u32 $1, $2, 2147483647;" },
        { "the last row left out", @"setp\.ge\.u32 (%p\d+), (%r\d+), %r1;", "setp.gt.u32 $1, $2, %r1;" },
        { "a ladder of shuffles that is too short", @"(shfl\.sync\.bfly\.b32 %r\d+, %r\d+), 16,", "$1, 8," },
        { "an offset of half the size", @"mul\.wide\.u32 (%rd\d+), (%r\d+), 4;", "mul.wide.u32 $1, $2, 2;" },
        { "a shared slot for all warps", @"mad\.lo\.s32 (%r\d+), (%r\d+), 8, (%r\d+);", "mad.lo.s32 $1, $2, 0, $3;" },
        { "a total written by another thread than the first", @"setp\.eq\.s32 (%p\d+), %r3, 0;", "setp.eq.s32 $1, %r3, 99;" },
        { "a statistic of another pass", @"ld\.global\.f64 (%fd\d+), \[(%rd\d+)\];", "mov.f64 $1, 0d3FF0000000000000;" },
    };

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_bug_is_noticed(string bug, string pattern, string replacement)
    {
        var batch = Comparison.Batch(Loss, 200);
        var variant = Comparison.Variant(Loss, batch, Reduction.Mean);
        var shape = new LaunchShape(WholeRows: 100, WholeThreads: 64, PassThreads: 64);
        var expected = EmulatedLoss.Run(Loss, batch, variant, shape: shape);
        Assert.True(Enum.GetValues<ThreadOrder>().Any(IsNoticed), $"{bug} was not noticed.");

        bool IsNoticed(ThreadOrder order)
        {
            try
            {
                var actual = EmulatedLoss.Run(Loss, batch, variant, shape: shape, order: order, change: text =>
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
