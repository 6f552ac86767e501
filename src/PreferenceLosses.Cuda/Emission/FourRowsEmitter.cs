using System.Globalization;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>Writes what a pass does with four neighbouring rows, whose values are read and written 16 bytes at a time.</summary>
internal sealed class FourRowsEmitter
{
    /// <summary>As many as there are single-precision numbers in 16 bytes.</summary>
    public const int Rows = 4;

    private readonly PtxWriter writer;
    private readonly KernelPlan plan;
    private readonly Phase? phase;
    private readonly string row;
    private readonly Func<int, string> scalar;
    private readonly Arithmetic single;
    private readonly string offset;
    private readonly Dictionary<int, string[]> columns = [];
    private readonly Dictionary<int, string[]> buffers = [];
    private readonly string[] weights = [];
    private readonly (Store Store, string Start, string[] Values)[] written;

    /// <summary>Reads what the pass reads of the rows.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="phase">What is done with rows; null if they are counted.</param>
    /// <param name="row">The register of the first row.</param>
    /// <param name="address">The address in a parameter, a multiple of 16.</param>
    /// <param name="bufferAddress">The address of a row buffer, a multiple of 16.</param>
    /// <param name="scalar">A scalar in single precision.</param>
    public FourRowsEmitter(
        PtxWriter writer,
        KernelPlan plan,
        Phase? phase,
        string row,
        Func<Argument, int, string> address,
        Func<int, string> bufferAddress,
        Func<int, string> scalar)
    {
        this.writer = writer;
        this.plan = plan;
        this.phase = phase;
        this.row = row;
        this.scalar = scalar;
        single = new Arithmetic(writer, isDouble: false);
        offset = writer.Op(Register.Long, "mul.wide.u32", row, Number(sizeof(float)));
        foreach (var column in ColumnsOf(phase))
        {
            columns[column] = Load("ld.global.nc.v4.f32", address(Argument.Column, column));
        }

        foreach (var buffer in BuffersReadBy(phase))
        {
            buffers[buffer] = Load("ld.global.v4.f32", bufferAddress(buffer));
        }

        if (plan.Variant.Excludes)
        {
            weights = Load("ld.global.nc.v4.f32", address(Argument.Exclusion, 0));
        }

        written =
        [
            .. (phase?.Buffers ?? []).Select(store => (store, bufferAddress(store.Target), new string[Rows])),
            .. (phase?.Outputs ?? []).Select(store => (store, address(Argument.Output, store.Target), new string[Rows])),
        ];
    }

    /// <summary>The columns that a pass reads.</summary>
    public static IEnumerable<int> ColumnsOf(Phase? phase) =>
        (phase?.Instructions ?? []).Where(i => i.Operation == Operation.Input && !i.LoadsBuffer).Select(i => i.A.Index).Distinct();

    /// <summary>The row buffers that a pass reads.</summary>
    public static IEnumerable<int> BuffersReadBy(Phase? phase) =>
        (phase?.Instructions ?? []).Where(i => i.LoadsBuffer).Select(i => i.A.Index).Distinct();

    /// <summary>One of the rows.</summary>
    /// <param name="number">Which one.</param>
    /// <param name="reduce">What is reduced of it.</param>
    public void Row(int number, Action<RowEmitter> reduce)
    {
        var isNumbered = phase?.Instructions.Any(i => i.Operation == Operation.RowIndex) == true;
        var register = isNumbered && number > 0 ? writer.Op(Register.Int, "add.s32", row, Number(number)) : row;
        var skipped = writer.Label("left_out");
        if (plan.Variant.Excludes)
        {
            // What is written of a row that is left out.
            foreach (var (_, _, values) in written)
            {
                values[number] = single.Held(single.Zero);
            }

            writer.Do($"@{single.Equal(weights[number], single.Zero)} bra {skipped}");
        }

        var body = new RowEmitter(writer, plan, register, new RowValues(Values(columns, number), Values(buffers, number)), scalar);
        if (phase is not null)
        {
            body.Run(phase);
        }

        reduce(body);
        foreach (var (store, _, values) in written)
        {
            if (plan.Variant.Excludes)
            {
                writer.Do($"mov.f32 {values[number]}, {body.Stored(store)}");
            }
            else
            {
                values[number] = body.Stored(store);
            }
        }

        if (plan.Variant.Excludes)
        {
            writer.Place(skipped);
        }
    }

    /// <summary>Writes what the pass keeps and what is wanted of it, of all four.</summary>
    public void Write()
    {
        foreach (var (_, start, values) in written)
        {
            writer.Do($"st.global.v4.f32 [{At(start)}], {{{string.Join(", ", values)}}}");
        }
    }

    private static Dictionary<int, string> Values(Dictionary<int, string[]> all, int number) => all.ToDictionary(c => c.Key, c => c.Value[number]);

    private string[] Load(string opcode, string start)
    {
        string[] values = [.. Enumerable.Range(0, Rows).Select(_ => writer.New(Register.Single))];
        writer.Do($"{opcode} {{{string.Join(", ", values)}}}, [{At(start)}]");
        return values;
    }

    private string At(string start) => writer.Op(Register.Long, "add.s64", start, offset);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
