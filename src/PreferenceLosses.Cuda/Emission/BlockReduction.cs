using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>
/// Sums, products and extremes over the threads of a block, in double precision: first over the lanes of each warp, through shared
/// memory, and then over the warps, in the same order each time. Every thread gets the result. Blocks are whole warps.
/// </summary>
internal sealed class BlockReduction(PtxWriter writer, Arithmetic wide, string thread, string threads)
{
    private const int WarpSize = 32;
    private const string Shared = "partial_results";

    private int slots;

    /// <summary>The shared memory of all reductions of the kernel: each has its own, so that one barrier is enough.</summary>
    public string Declaration() =>
        string.Create(CultureInfo.InvariantCulture, $"\t.shared .align 8 .b8 {Shared}[{Math.Max(slots, 1) * WarpSize * sizeof(double)}];\n");

    /// <summary>Registers that hold nothing yet.</summary>
    public string[] Start(Operation[] operations) => [.. operations.Select(operation =>
    {
        var total = writer.New(Register.Double);
        writer.Do($"mov.f64 {total}, {PtxWriter.Double(Nothing(operation))}");
        return total;
    })];

    /// <summary>Takes one more value into a total.</summary>
    public void Add(Operation operation, string total, string value) =>
        writer.Do($"mov.f64 {total}, {Pair(operation, total, value)}");

    /// <summary>The totals of all threads of the block.</summary>
    public string[] Combine(Operation[] operations, string[] totals)
    {
        if (operations.Length == 0)
        {
            return [];
        }

        var lane = writer.Op(Register.Int, "and.b32", thread, "31");
        var warp = writer.Op(Register.Int, "shr.u32", thread, "5");
        var isFirstLane = writer.Op(Register.Predicate, "setp.eq.s32", lane, "0");
        var hasWarp = writer.Op(Register.Predicate, "setp.lt.u32", lane, writer.Op(Register.Int, "shr.u32", threads, "5"));
        var memory = writer.Op(Register.Int, "mov.u32", Shared);
        var ofWarp = writer.Op(Register.Int, "mad.lo.s32", warp, "8", memory);
        var ofLane = writer.Op(Register.Int, "mad.lo.s32", lane, "8", memory);
        var first = slots;
        for (var r = 0; r < operations.Length; r++)
        {
            var value = OverLanes(operations[r], totals[r]);
            writer.Do($"@{isFirstLane} st.shared.f64 [{ofWarp}+{Offset(first + r)}], {value}");
        }

        slots += operations.Length;
        writer.Do("bar.sync 0");
        var results = new string[operations.Length];
        for (var r = 0; r < operations.Length; r++)
        {
            var value = Start([operations[r]])[0];
            writer.Do($"@{hasWarp} ld.shared.f64 {value}, [{ofLane}+{Offset(first + r)}]");
            results[r] = OverLanes(operations[r], value);
        }

        return results;
    }

    private static string Offset(int slot) => (slot * WarpSize * sizeof(double)).ToString(CultureInfo.InvariantCulture);

    private string OverLanes(Operation operation, string value)
    {
        for (var distance = WarpSize / 2; distance > 0; distance /= 2)
        {
            var (low, high) = (writer.New(Register.Int), writer.New(Register.Int));
            writer.Do($"mov.b64 {{{low}, {high}}}, {value}");
            var step = distance.ToString(CultureInfo.InvariantCulture);
            var otherLow = writer.Op(Register.Int, "shfl.sync.bfly.b32", low, step, "31", "-1");
            var otherHigh = writer.Op(Register.Int, "shfl.sync.bfly.b32", high, step, "31", "-1");
            var other = writer.Op(Register.Double, "mov.b64", $"{{{otherLow}, {otherHigh}}}");
            value = Pair(operation, value, other);
        }

        return value;
    }

    private string Pair(Operation operation, string a, string b) => operation switch
    {
        Operation.Sum or Operation.Mean => wide.Add(a, b),
        Operation.Product => wide.Multiply(a, b),
        Operation.ReduceMin => wide.Minimum(a, b),
        _ => wide.Maximum(a, b),
    };

    private static double Nothing(Operation operation) => operation switch
    {
        Operation.Product => 1,
        Operation.ReduceMin => double.PositiveInfinity,
        Operation.ReduceMax => double.NegativeInfinity,
        _ => 0,
    };
}
