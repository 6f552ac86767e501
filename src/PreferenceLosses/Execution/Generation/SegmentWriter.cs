using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Reflection.Emit;
using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution.Generation;

/// <summary>
/// Writes a segment as one loop over vectors of rows, in which values stay in the registers of the processor. It calls the kernels
/// that the interpreter runs, so both give the same digits.
/// </summary>
[RequiresDynamicCode("Generates machine code.")]
internal sealed unsafe class SegmentWriter<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // The arguments of SegmentCode.
    private const int Columns = 0, Outputs = 1, Buffers = 2, Memory = 3, FirstOfBlock = 4, First = 5, End = 6;

    private readonly ILGenerator il;
    private readonly LocalBuilder row;

    /// <summary>The values that the segment has computed, by the offset of the register they are in for the interpreter.</summary>
    private readonly Dictionary<int, LocalBuilder> values = [];

    /// <summary>Pointers to columns, outputs and row buffers.</summary>
    private readonly Dictionary<(int Argument, int Index), LocalBuilder> pointers = [];

    private SegmentWriter(ILGenerator il)
    {
        this.il = il;
        row = il.DeclareLocal(typeof(nint));
    }

    private delegate L Loader(T* source);

    private delegate void Storer(L x, T* destination);

    private delegate L Numberer(nint row);

    public static SegmentCode Write(Segment segment)
    {
        var method = new DynamicMethod(
            nameof(Segment),
            typeof(void),
            [typeof(void**), typeof(void**), typeof(void**), typeof(void*), typeof(nint), typeof(nint), typeof(nint)],
            typeof(SegmentWriter<L, T>).Module,
            skipVisibility: true);
        new SegmentWriter<L, T>(method.GetILGenerator()).WriteLoop(segment);
        return method.CreateDelegate<SegmentCode>();
    }

    private void WriteLoop(Segment segment)
    {
        foreach (var i in segment.Instructions.Concat(segment.Inputs).Where(i => i.IsLoad))
        {
            DeclarePointer(i.LoadsBuffer ? Buffers : Columns, i.Source);
        }

        foreach (var store in segment.Buffers)
        {
            DeclarePointer(Buffers, store.Target);
        }

        foreach (var store in segment.Outputs)
        {
            DeclarePointer(Outputs, store.Target);
        }

        il.Emit(OpCodes.Ldarg, First);
        il.Emit(OpCodes.Stloc, row);
        var loop = il.DefineLabel();
        il.MarkLabel(loop);
        foreach (var i in segment.Inputs.Concat(segment.Instructions))
        {
            Compute(i);
        }

        foreach (var offset in segment.Kept)
        {
            Register(offset, step: 1);
            RegisterAddress(offset, isRow: true);
            Call((Storer)L.Store);
        }

        foreach (var store in segment.Buffers)
        {
            StoreTo(Buffers, store);
        }

        foreach (var store in segment.Outputs)
        {
            StoreTo(Outputs, store);
        }

        il.Emit(OpCodes.Ldloc, row);
        Constant(L.Count);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, row);
        il.Emit(OpCodes.Ldloc, row);
        il.Emit(OpCodes.Ldarg, End);
        il.Emit(OpCodes.Blt, loop);
        il.Emit(OpCodes.Ret);
    }

    private void Compute(in MachineInstruction i)
    {
        if (i.IsLoad)
        {
            Address(pointers[(i.LoadsBuffer ? Buffers : Columns, i.Source)]);
            Call((Loader)L.Load);
        }
        else if (i.Operation == Operation.RowIndex)
        {
            il.Emit(OpCodes.Ldarg, FirstOfBlock);
            il.Emit(OpCodes.Ldloc, row);
            il.Emit(OpCodes.Add);
            Call((Numberer)RowNumbers);
        }
        else
        {
            var call = new KernelCall(this, i);
            Kernels<L, T>.Visit(i.Operation, ref call);
        }

        // A local of its own for every value, although registers are used again: that is what the compiler's allocator handles best.
        var result = il.DeclareLocal(typeof(L));
        il.Emit(OpCodes.Stloc, result);
        values[i.D] = result;
    }

    /// <summary>Puts the value of a register, or of a scalar, on the stack.</summary>
    private void Register(int offset, int step)
    {
        if (step != 0 && values.TryGetValue(offset, out var value))
        {
            il.Emit(OpCodes.Ldloc, value);
            return;
        }

        RegisterAddress(offset, isRow: step != 0);
        Call((Loader)L.Load);
    }

    private void StoreTo(int argument, MachineStore store)
    {
        Register(store.Offset, step: 1);
        Address(pointers[(argument, store.Target)]);
        Call((Storer)L.Store);
    }

    private void RegisterAddress(int offset, bool isRow)
    {
        il.Emit(OpCodes.Ldarg, Memory);
        Constant(offset * sizeof(T));
        il.Emit(OpCodes.Add);
        if (isRow)
        {
            AddRow();
        }
    }

    private void Address(LocalBuilder pointer)
    {
        il.Emit(OpCodes.Ldloc, pointer);
        AddRow();
    }

    private void AddRow()
    {
        il.Emit(OpCodes.Ldloc, row);
        Constant(sizeof(T));
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Add);
    }

    private void DeclarePointer(int argument, int index)
    {
        if (pointers.ContainsKey((argument, index)))
        {
            return;
        }

        var pointer = pointers[(argument, index)] = il.DeclareLocal(typeof(nint));
        il.Emit(OpCodes.Ldarg, argument);
        Constant(index * sizeof(nint));
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ldind_I);
        il.Emit(OpCodes.Stloc, pointer);
    }

    private void Constant(int value)
    {
        il.Emit(OpCodes.Ldc_I4, value);
        il.Emit(OpCodes.Conv_I);
    }

    private void Call(Delegate method) => il.Emit(OpCodes.Call, method.Method);

    private static L RowNumbers(nint first)
    {
        var numbers = stackalloc T[L.Count];
        for (var i = 0; i < L.Count; i++)
        {
            numbers[i] = T.CreateTruncating(first + i);
        }

        return L.Load(numbers);
    }

    /// <summary>Writes the call of an operation's kernel.</summary>
    private readonly struct KernelCall(SegmentWriter<L, T> writer, in MachineInstruction instruction) : IKernelVisitor<L>
    {
        private readonly SegmentWriter<L, T> writer = writer;
        private readonly MachineInstruction i = instruction;

        public void Unary<TKernel>()
            where TKernel : IUnaryKernel<L>
        {
            writer.Register(i.A, i.StepA);
            writer.Call((Func<L, L>)TKernel.Invoke);
        }

        public void Binary<TKernel>()
            where TKernel : IBinaryKernel<L>
        {
            writer.Register(i.A, i.StepA);
            writer.Register(i.B, i.StepB);
            writer.Call((Func<L, L, L>)TKernel.Invoke);
        }

        public void Ternary<TKernel>()
            where TKernel : ITernaryKernel<L>
        {
            writer.Register(i.A, i.StepA);
            writer.Register(i.B, i.StepB);
            writer.Register(i.C, i.StepC);
            writer.Call((Func<L, L, L, L>)TKernel.Invoke);
        }
    }
}
