using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>Writes the body of one kernel of a loss.</summary>
internal sealed class EntryEmitter
{
    private readonly PtxWriter writer = new();
    private readonly KernelPlan plan;
    private readonly ScratchLayout scratch;
    private readonly Arithmetic wide;
    private readonly Dictionary<KernelParameter, string> arguments = [];
    private readonly Dictionary<int, string> doubles = [];
    private readonly Dictionary<int, string> singles = [];
    private readonly HashSet<int> computedHere = [];
    private readonly BlockReduction reduction;
    private readonly string thread;
    private readonly string threads;

    public EntryEmitter(KernelPlan plan, ImmutableArray<KernelParameter> parameters)
    {
        this.plan = plan;
        scratch = new ScratchLayout(plan);
        wide = new Arithmetic(writer, isDouble: true);
        foreach (var parameter in parameters)
        {
            arguments[parameter] = Load(parameter);
        }

        thread = writer.Op(Register.Int, "mov.u32", "%tid.x");
        threads = writer.Op(Register.Int, "mov.u32", "%ntid.x");
        reduction = new BlockReduction(writer, wide, thread, threads);
    }

    /// <summary>Everything, by one block: what passes hand on stays in registers.</summary>
    public void Whole()
    {
        for (var s = 0; s < plan.Stages.Length; s++)
        {
            RunScalars(plan.Stages[s].Before);
            var totals = reduction.Combine(Operations(s), Rows(s, thread, threads));
            Reduced(s, totals);
        }

        RunScalars(plan.Last);
        WriteScalarOutputs();
    }

    /// <summary>One pass, by many blocks.</summary>
    public void Pass(int stage)
    {
        CombineBlocks(stage - 1);
        RunScalars(plan.Stages[stage].Before);
        KeepScalars();
        var block = writer.Op(Register.Int, "mov.u32", "%ctaid.x");
        var start = writer.Op(Register.Int, "mad.lo.s32", block, threads, thread);
        var stride = writer.Op(Register.Int, "mul.lo.s32", writer.Op(Register.Int, "mov.u32", "%nctaid.x"), threads);
        var totals = reduction.Combine(Operations(stage), plan.RowsPerThread > 1 ? FourRows(stage, start, stride) : Rows(stage, start, stride));
        var isFirst = writer.Op(Register.Predicate, "setp.eq.s32", thread, "0");
        for (var r = 0; r < totals.Length; r++)
        {
            var partial = writer.Op(Register.Long, "add.s64", Address(Argument.Scratch), Number(scratch.Partial(stage, r)));
            partial = writer.Op(Register.Long, "add.s64", partial, writer.Op(Register.Long, "mul.wide.u32", block, "8"));
            writer.Do($"@{isFirst} st.global.f64 [{partial}], {totals[r]}");
        }

        writer.Do("ret");
    }

    /// <summary>What follows the last pass.</summary>
    public void Finish()
    {
        CombineBlocks(plan.Stages.Length - 1);
        RunScalars(plan.Last);
        WriteScalarOutputs();
    }

    /// <inheritdoc/>
    public override string ToString() => reduction.Declaration() + writer;

    private Operation[] Operations(int stage) =>
        plan.Stages[stage].Phase is { } phase ? [.. phase.Reductions.Select(r => r.Operation)] : [Operation.Sum];

    /// <summary>Every block combines the results of all blocks of the pass before, in their order.</summary>
    private void CombineBlocks(int stage)
    {
        if (stage < 0)
        {
            return;
        }

        var operations = Operations(stage);
        var totals = reduction.Start(operations);
        var block = writer.New(Register.Int);
        writer.Do($"mov.b32 {block}, {thread}");
        var (loop, end) = (writer.Label("blocks"), writer.Label("combined"));
        writer.Place(loop);
        writer.Do($"@{writer.Op(Register.Predicate, "setp.ge.u32", block, arguments[new(Argument.Blocks, 0)])} bra {end}");
        var offset = writer.Op(Register.Long, "mul.wide.u32", block, "8");
        for (var r = 0; r < operations.Length; r++)
        {
            var partial = writer.Op(Register.Long, "add.s64", Address(Argument.Scratch), Number(scratch.Partial(stage, r)));
            var value = writer.Op(Register.Double, "ld.global.f64", $"[{writer.Op(Register.Long, "add.s64", partial, offset)}]");
            reduction.Add(operations[r], totals[r], value);
        }

        writer.Do($"add.s32 {block}, {block}, {threads}");
        writer.Do($"bra {loop}");
        writer.Place(end);
        Reduced(stage, reduction.Combine(operations, totals));
    }

    /// <summary>What a pass has reduced becomes scalars.</summary>
    private void Reduced(int stage, string[] totals)
    {
        if (plan.Stages[stage].Phase is not { } phase)
        {
            Computed(plan.CountScalar, totals[0]);
            if (plan.Program.BatchSizeScalar >= 0)
            {
                Computed(plan.Program.BatchSizeScalar, totals[0]);
            }

            foreach (var scalar in plan.DeviceScalars.Where(plan.IsCountedScale))
            {
                Computed(scalar, wide.Divide(wide.One, wide.Multiply(totals[0], wide.Constant(plan.Losses))));
            }

            return;
        }

        for (var r = 0; r < totals.Length; r++)
        {
            var (operation, _, scalar) = phase.Reductions[r];
            Computed(scalar, operation == Operation.Mean ? wide.Divide(totals[r], Count()) : totals[r]);
        }
    }

    private string Count() => plan.Variant.Excludes
        ? InDouble(plan.CountScalar)
        : writer.Op(Register.Double, "cvt.rn.f64.u32", arguments[new(Argument.Rows, 0)]);

    private void RunScalars(ImmutableArray<ScalarInstruction> instructions)
    {
        foreach (var i in instructions)
        {
            var operands = ScalarOperands.Of(i).Select(InDouble).ToArray();
            Computed(i.Destination, wide.Evaluate(i.Operation, operands[0], operands.ElementAtOrDefault(1) ?? "", operands.ElementAtOrDefault(2) ?? ""));
        }
    }

    private void Computed(int scalar, string value)
    {
        doubles[scalar] = value;
        computedHere.Add(scalar);
    }

    /// <summary>One thread of all writes what later kernels may read. No block of this kernel reads it.</summary>
    private void KeepScalars()
    {
        if (computedHere.Count == 0)
        {
            return;
        }

        var block = writer.Op(Register.Int, "mov.u32", "%ctaid.x");
        var isFirst = writer.Op(Register.Predicate, "setp.eq.s32", writer.Op(Register.Int, "or.b32", block, thread), "0");
        foreach (var scalar in computedHere.Order())
        {
            writer.Do($"@{isFirst} st.global.f64 [{Address(Argument.Scratch)}+{Number(ScratchLayout.Scalar(scalar))}], {InRegister(doubles[scalar])}");
        }
    }

    private void WriteScalarOutputs()
    {
        var isFirst = writer.Op(Register.Predicate, "setp.eq.s32", thread, "0");
        var offset = 0;
        foreach (var (shape, scalar) in plan.Program.Outputs)
        {
            if (shape == Shape.Scalar)
            {
                writer.Do($"@{isFirst} st.global.f64 [{Address(Argument.ScalarOutputs)}+{Number(offset)}], {InRegister(InDouble(scalar))}");
                offset += sizeof(double);
            }
        }

        writer.Do("ret");
    }

    /// <summary>The loop over the rows from <paramref name="start"/> in steps; returns what each thread has reduced.</summary>
    private string[] Rows(int stage, string start, string stride)
    {
        var totals = StartRows(stage);
        var row = Variable(start);
        var (loop, end) = (writer.Label("rows"), writer.Label("rows_done"));
        writer.Place(loop);
        writer.Do($"@{writer.Op(Register.Predicate, "setp.ge.u32", row, arguments[new(Argument.Rows, 0)])} bra {end}");
        Row(stage, row, totals);
        writer.Do($"add.s32 {row}, {row}, {stride}");
        writer.Do($"bra {loop}");
        writer.Place(end);
        return totals;
    }

    /// <summary>
    /// The same with four neighbouring rows at each step: 16 bytes at a time where all addresses are multiples of that, one by one where they are not and
    /// at the end of the batch. The rows of a thread and their order are the same both ways, and so are the sums.
    /// </summary>
    private string[] FourRows(int stage, string start, string stride)
    {
        const string Four = "4";
        var totals = StartRows(stage);
        var rows = arguments[new(Argument.Rows, 0)];
        var row = Variable(writer.Op(Register.Int, "mul.lo.s32", start, Four));
        var step = writer.Op(Register.Int, "mul.lo.s32", stride, Four);
        var whole = writer.Op(Register.Int, "selp.b32", rows, "0", AreVectors(plan.Stages[stage].Phase));
        var (loop, single, end) = (writer.Label("four_rows"), writer.Label("single_rows"), writer.Label("rows_done"));
        writer.Place(loop);
        var next = writer.Op(Register.Int, "add.s32", row, Four);
        writer.Do($"@{writer.Op(Register.Predicate, "setp.gt.u32", next, whole)} bra {single}");
        FourAtOnce(stage, row, totals);
        writer.Do($"add.s32 {row}, {row}, {step}");
        writer.Do($"bra {loop}");

        writer.Place(single);
        writer.Do($"@{writer.Op(Register.Predicate, "setp.ge.u32", row, rows)} bra {end}");
        var last = writer.Op(Register.Int, "min.u32", next, rows);
        var one = Variable(row);
        var ones = writer.Label("one_row");
        writer.Place(ones);
        Row(stage, one, totals);
        writer.Do($"add.s32 {one}, {one}, 1");
        writer.Do($"@{writer.Op(Register.Predicate, "setp.lt.u32", one, last)} bra {ones}");
        writer.Do($"add.s32 {row}, {row}, {step}");
        writer.Do($"bra {loop}");
        writer.Place(end);
        return totals;
    }

    /// <summary>Totals that hold nothing, and the scalars that rows read, which have to be there before the first of them.</summary>
    private string[] StartRows(int stage)
    {
        foreach (var scalar in ScalarsOfRows(plan.Stages[stage].Phase))
        {
            InSingle(scalar);
        }

        return reduction.Start(Operations(stage));
    }

    private string Variable(string value)
    {
        var variable = writer.New(Register.Int);
        writer.Do($"mov.b32 {variable}, {value}");
        return variable;
    }

    /// <summary>Whether all that a pass reads and writes of rows starts at multiples of 16 bytes.</summary>
    private string AreVectors(Phase? phase)
    {
        var addresses = FourRowsEmitter.ColumnsOf(phase).Select(column => Address(Argument.Column, column))
            .Concat((phase?.Outputs ?? []).Select(store => Address(Argument.Output, store.Target)))
            .Concat(FourRowsEmitter.BuffersReadBy(phase).Concat((phase?.Buffers ?? []).Select(store => store.Target)).Select(BufferAddress))
            .Concat(plan.Variant.Excludes ? [Address(Argument.Exclusion)] : [])
            .Aggregate(writer.Op(Register.Long, "mov.b64", "0"), (all, one) => writer.Op(Register.Long, "or.b64", all, one));
        return writer.Op(Register.Predicate, "setp.eq.s64", writer.Op(Register.Long, "and.b64", addresses, "15"), "0");
    }

    private void FourAtOnce(int stage, string row, string[] totals)
    {
        var phase = plan.Stages[stage].Phase;
        var body = new FourRowsEmitter(writer, plan, phase, row, Address, BufferAddress, scalar => singles[scalar]);
        for (var i = 0; i < FourRowsEmitter.Rows; i++)
        {
            body.Row(i, one => Reduce(stage, one, totals));
        }

        body.Write();
    }

    private void Row(int stage, string row, string[] totals)
    {
        var phase = plan.Stages[stage].Phase;
        var body = new RowEmitter(writer, plan, row, Address, BufferAddress, scalar => singles[scalar]);
        var (excluded, done) = (writer.Label("excluded"), writer.Label("row_done"));
        if (plan.Variant.Excludes)
        {
            writer.Do($"@{body.IsExcluded()} bra {excluded}");
        }

        if (phase is not null)
        {
            body.Run(phase);
        }

        Reduce(stage, body, totals);
        if (phase is not null)
        {
            body.Write(phase);
        }

        if (plan.Variant.Excludes)
        {
            writer.Do($"bra {done}");
            writer.Place(excluded);
            body.WriteZeros(phase);
            writer.Place(done);
        }
    }

    private void Reduce(int stage, RowEmitter row, string[] totals)
    {
        if (plan.Stages[stage].Phase is not { } phase)
        {
            reduction.Add(Operation.Sum, totals[0], wide.One);
            return;
        }

        var operations = Operations(stage);
        for (var r = 0; r < totals.Length; r++)
        {
            reduction.Add(operations[r], totals[r], row.RowInDouble(phase.Reductions[r].Source));
        }
    }

    private static IEnumerable<int> ScalarsOfRows(Phase? phase) => phase is null
        ? []
        : phase.Instructions.SelectMany(RowOperands.Of).Where(o => o.Space == Space.Scalar).Select(o => o.Index).Distinct();

    /// <summary>A scalar in double precision: computed here, by the host, by an earlier kernel, or a constant.</summary>
    private string InDouble(int scalar)
    {
        if (!doubles.TryGetValue(scalar, out var value))
        {
            doubles[scalar] = value = plan.IsConstant(scalar) ? wide.Constant(plan.Program.Scalars[scalar])
                : plan.IsOnHost(scalar) ? arguments[new(Argument.Double, scalar)]
                : writer.Op(Register.Double, "ld.global.f64", $"[{Address(Argument.Scratch)}+{Number(ScratchLayout.Scalar(scalar))}]");
        }

        return value;
    }

    /// <summary>The same, rounded for rows.</summary>
    private string InSingle(int scalar)
    {
        if (!singles.TryGetValue(scalar, out var value))
        {
            singles[scalar] = value = plan.IsConstant(scalar) ? PtxWriter.Single(KernelPlan.InRange(plan.Program.Scalars[scalar]))
                : plan.IsOnHost(scalar) ? arguments[new(Argument.Single, scalar)]
                : writer.Op(Register.Single, "cvt.rn.f32.f64", InDouble(scalar));
        }

        return value;
    }

    private string InRegister(string value) => wide.Held(value);

    private string Address(Argument argument) => arguments[new(argument, 0)];

    private string Address(Argument argument, int index) => arguments[new(argument, index)];

    private string BufferAddress(int buffer)
    {
        var first = writer.Op(Register.Long, "add.s64", Address(Argument.Scratch), Number(scratch.Buffers));
        var rows = writer.Op(Register.Int, "add.s32", arguments[new(Argument.Rows, 0)], Number(FourRowsEmitter.Rows - 1));
        rows = writer.Op(Register.Int, "and.b32", rows, Number(-FourRowsEmitter.Rows));
        var bytes = writer.Op(Register.Long, "mul.wide.u32", rows, Number(sizeof(float)));
        return writer.Op(Register.Long, "mad.lo.s64", bytes, Number(buffer), first);
    }

    private string Load(KernelParameter parameter)
    {
        var register = parameter.Type switch
        {
            "u32" => Register.Int,
            "f64" => Register.Double,
            "f32" => Register.Single,
            _ => Register.Long,
        };
        var value = writer.Op(register, $"ld.param.{parameter.Type}", $"[{parameter.Name}]");
        return register == Register.Long ? writer.Op(Register.Long, "cvta.to.global.u64", value) : value;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
