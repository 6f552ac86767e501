using System.Globalization;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>What was read of a row, in registers: columns and row buffers by their numbers.</summary>
internal sealed record RowValues(IReadOnlyDictionary<int, string> Columns, IReadOnlyDictionary<int, string> Buffers);

/// <summary>Writes what a pass does with one row.</summary>
internal sealed class RowEmitter
{
    private readonly PtxWriter writer;
    private readonly KernelPlan plan;
    private readonly Func<Argument, int, string> address;
    private readonly Func<int, string> bufferAddress;
    private readonly Func<int, string> scalar;
    private readonly Arithmetic single;
    private readonly string row;
    private readonly string offset;
    private readonly string offsetOfResponses;
    private readonly RowValues? values;
    private readonly Dictionary<int, string> rowValues = [];
    private readonly Dictionary<int, string[]> responseValues = [];

    /// <summary>A row by itself.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="row">The register of the row.</param>
    /// <param name="address">The address in a parameter.</param>
    /// <param name="bufferAddress">The address of a row buffer.</param>
    /// <param name="scalar">A scalar in single precision.</param>
    public RowEmitter(
        PtxWriter writer, KernelPlan plan, string row, Func<Argument, int, string> address, Func<int, string> bufferAddress, Func<int, string> scalar)
    {
        this.writer = writer;
        this.plan = plan;
        this.row = row;
        this.address = address;
        this.bufferAddress = bufferAddress;
        this.scalar = scalar;
        single = new Arithmetic(writer, isDouble: false);
        offset = writer.Op(Register.Long, "mul.wide.u32", row, "4");
        offsetOfResponses = plan.Program.HasResponses ? writer.Op(Register.Long, "mul.wide.u32", row, Number(4 * Responses)) : "";
    }

    /// <summary>One of several rows that are read, and written, at once.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="plan">The plan, without responses.</param>
    /// <param name="row">The register of the row, where the pass needs it.</param>
    /// <param name="values">What was read of it.</param>
    /// <param name="scalar">A scalar in single precision.</param>
    public RowEmitter(PtxWriter writer, KernelPlan plan, string row, RowValues values, Func<int, string> scalar)
    {
        this.writer = writer;
        this.plan = plan;
        this.row = row;
        this.values = values;
        this.scalar = scalar;
        single = new Arithmetic(writer, isDouble: false);
        address = (_, _) => throw new InvalidOperationException("This row was read with others.");
        bufferAddress = _ => throw new InvalidOperationException("This row was read with others.");
        (offset, offsetOfResponses) = ("", "");
    }

    private int Responses => plan.Variant.Responses;

    /// <summary>Whether the row has a weight of 0.</summary>
    public string IsExcluded() => single.Equal(
        writer.Op(Register.Single, "ld.global.nc.f32", $"[{At(address(Argument.Exclusion, 0), offset)}]"), single.Zero);

    /// <summary>The value of a register of the program with one value per row.</summary>
    private string Row(Operand operand) => operand.Space == Space.Scalar ? scalar(operand.Index) : rowValues[operand.Index];

    /// <summary>What a store writes, in a register.</summary>
    public string Stored(Store store) => single.Held(Row(store.Source));

    /// <summary>The value of a register in double precision, for what is added up.</summary>
    public string RowInDouble(Operand operand) => writer.Op(Register.Double, "cvt.f64.f32", single.Held(Row(operand)));

    public void Run(Phase phase)
    {
        var valid = plan.Program.HasResponses && plan.Variant.HasMask ? LoadMask() : null;
        var responses = new ResponseEmitter(writer, valid);
        foreach (var i in phase.Instructions)
        {
            if (i.Destination.Space == Space.Row)
            {
                rowValues[i.Destination.Index] = RowValue(i, responses);
            }
            else
            {
                responseValues[i.Destination.Index] = ResponseValues(i, responses, valid);
            }
        }

        if (valid is not null)
        {
            foreach (var store in phase.Outputs.Where(s => s.Source.Space == Space.Responses))
            {
                responseValues[store.Source.Index] = [.. responseValues[store.Source.Index].Select((v, k) => responses.Where(k, v, 0))];
            }
        }
    }

    /// <summary>Writes what the pass keeps and what is wanted of it.</summary>
    public void Write(Phase phase)
    {
        foreach (var store in phase.Buffers)
        {
            writer.Do($"st.global.f32 [{At(bufferAddress(store.Target), offset)}], {single.Held(Row(store.Source))}");
        }

        foreach (var store in phase.Outputs)
        {
            WriteOutput(store, operand => Row(operand), (operand, k) => responseValues[operand.Index][k]);
        }
    }

    /// <summary>Writes 0 to every output of the pass.</summary>
    public void WriteZeros(Phase? phase)
    {
        foreach (var store in phase?.Outputs ?? [])
        {
            WriteOutput(store, _ => single.Zero, (_, _) => single.Zero);
        }
    }

    private void WriteOutput(Store store, Func<Operand, string> rowValue, Func<Operand, int, string> responseValue)
    {
        if (store.Source.Space == Space.Responses)
        {
            var target = At(address(Argument.Output, store.Target), offsetOfResponses);
            for (var k = 0; k < Responses; k++)
            {
                writer.Do($"st.global.f32 [{target}+{Number(4 * k)}], {single.Held(responseValue(store.Source, k))}");
            }
        }
        else
        {
            writer.Do($"st.global.f32 [{At(address(Argument.Output, store.Target), offset)}], {single.Held(rowValue(store.Source))}");
        }
    }

    private string RowValue(Instruction i, ResponseEmitter responses)
    {
        if (i.LoadsBuffer)
        {
            return values?.Buffers[i.A.Index] ?? writer.Op(Register.Single, "ld.global.f32", $"[{At(bufferAddress(i.A.Index), offset)}]");
        }

        return i.Operation switch
        {
            Operation.Input when values is not null => values.Columns[i.A.Index],
            Operation.Input => writer.Op(Register.Single, "ld.global.nc.f32", $"[{At(address(Argument.Column, i.A.Index), offset)}]"),
            Operation.RowIndex => writer.Op(Register.Single, "cvt.rn.f32.u32", row),
            Operation.ResponseCount => responses.Count(Responses),
            _ when i.Operation.IsReduction() => responses.Reduce(i.Operation, responseValues[i.A.Index]),
            _ => single.Evaluate(i.Operation, Row(i.A), RowOperands.Count(i) > 1 ? Row(i.B) : "", RowOperands.Count(i) > 2 ? Row(i.C) : ""),
        };
    }

    private string[] ResponseValues(Instruction i, ResponseEmitter responses, string[]? valid)
    {
        var values = new string[Responses];
        switch (i.Operation)
        {
            case Operation.Input:
                var column = At(address(Argument.Column, i.A.Index), offsetOfResponses);
                for (var k = 0; k < values.Length; k++)
                {
                    values[k] = writer.New(Register.Single);
                    if (valid is not null)
                    {
                        // A response that is not there is not read either.
                        writer.Do($"mov.f32 {values[k]}, {single.Zero}");
                    }

                    writer.Do($"{(valid is null ? "" : $"@{valid[k]} ")}ld.global.nc.f32 {values[k]}, [{column}+{Number(4 * k)}]");
                }

                return values;
            case Operation.ResponseIndex:
                return [.. values.Select((_, k) => single.Constant(k))];
            case var operation when operation.IsSortOrScan():
                return responses.SortOrScan(operation, PerResponse(i.A), RowOperands.Count(i) > 1 ? PerResponse(i.B) : []);
            default:
                var (a, b, c) = (PerResponse(i.A), RowOperands.Count(i) > 1 ? PerResponse(i.B) : [], RowOperands.Count(i) > 2 ? PerResponse(i.C) : []);
                return [.. values.Select((_, k) => single.Evaluate(i.Operation, a[k], b.ElementAtOrDefault(k) ?? "", c.ElementAtOrDefault(k) ?? ""))];
        }
    }

    private string[] PerResponse(Operand operand) =>
        operand.Space == Space.Responses ? responseValues[operand.Index] : [.. Enumerable.Repeat(Row(operand), Responses)];

    private string[] LoadMask()
    {
        var mask = At(address(Argument.Mask, 0), writer.Op(Register.Long, "mul.wide.u32", row, Number(Responses)));
        return [.. Enumerable.Range(0, Responses).Select(k => writer.Op(
            Register.Predicate, "setp.ne.s32", writer.Op(Register.Int, "ld.global.nc.u8", $"[{mask}+{Number(k)}]"), "0"))];
    }

    private string At(string start, string distance) => writer.Op(Register.Long, "add.s64", start, distance);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The operands that an instruction of a program looks at.</summary>
internal static class RowOperands
{
    public static int Count(Instruction i) => i.LoadsBuffer || i.Operation.IsLeaf() ? 0 : i.Operation switch
    {
        Operation.Select or Operation.Clamp or Operation.SigmoidFromExp => 3,
        (>= Operation.Add and <= Operation.Equal) or Operation.ExpTimes or Operation.SortBy or Operation.UnsortBy => 2,
        _ => 1,
    };

    public static IEnumerable<Operand> Of(Instruction i) => Count(i) switch
    {
        0 => [],
        1 => [i.A],
        2 => [i.A, i.B],
        _ => [i.A, i.B, i.C],
    };
}
