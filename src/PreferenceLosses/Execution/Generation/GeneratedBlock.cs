using System.Collections.Immutable;
using System.Numerics;
using PreferenceLosses.Execution.Vectors;

namespace PreferenceLosses.Execution.Generation;

/// <summary>
/// Runs generated code over one block of rows. Whole vectors are read and written where they are; the rows that are left over
/// at the end of a batch go through a copy, so that nothing beyond the caller's memory is touched.
/// </summary>
internal readonly unsafe struct GeneratedBlock<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Program program;
    private readonly ExecutionArguments<T> arguments;
    private readonly T* rowBuffers;
    private readonly T* memory;
    private readonly T* tails;
    private readonly T** columns;
    private readonly T** outputs;
    private readonly T** buffers;

    public GeneratedBlock(Program program, in ExecutionArguments<T> arguments, T* rowBuffers, T* memory, Workspace<T> scratch)
    {
        this.program = program;
        this.arguments = arguments;
        this.rowBuffers = rowBuffers;
        this.memory = memory;
        columns = (T**)scratch.Pointers(program.Columns.Length + program.Outputs.Length + program.RowBuffers);
        outputs = columns + program.Columns.Length;
        buffers = outputs + program.Outputs.Length;
        tails = scratch.Tails((program.Columns.Length + program.Outputs.Length) * L.Count);
    }

    /// <summary>Runs the segments of a phase over the rows from <paramref name="start"/>.</summary>
    public void Run(ImmutableArray<SegmentCode> segments, ImmutableArray<MachineStore> stores, int start, int count)
    {
        for (var i = 0; i < program.Columns.Length; i++)
        {
            columns[i] = arguments.Columns[i] + start;
        }

        for (var i = 0; i < program.Outputs.Length; i++)
        {
            outputs[i] = arguments.Outputs[i] + start;
        }

        for (var i = 0; i < program.RowBuffers; i++)
        {
            buffers[i] = rowBuffers + (i * arguments.BufferLength) + start;
        }

        var whole = count & -L.Count;
        if (whole > 0)
        {
            Call(segments, start, 0, whole);
        }

        if (whole < count)
        {
            RunTail(segments, stores, start, whole, count - whole);
        }
    }

    private void RunTail(ImmutableArray<SegmentCode> segments, ImmutableArray<MachineStore> stores, int start, int whole, int left)
    {
        for (var i = 0; i < program.Columns.Length; i++)
        {
            var tail = new Span<T>(tails + (i * L.Count), L.Count);
            new ReadOnlySpan<T>(columns[i] + whole, left).CopyTo(tail);
            tail[left..].Clear();

            // The code adds the number of the row.
            columns[i] = tails + (i * L.Count) - whole;
        }

        foreach (ref readonly var store in stores.AsSpan())
        {
            outputs[store.Target] = Tail(store) - whole;
        }

        Call(segments, start, whole, whole + L.Count);
        foreach (ref readonly var store in stores.AsSpan())
        {
            new ReadOnlySpan<T>(Tail(store), left).CopyTo(new Span<T>(arguments.Outputs[store.Target] + start + whole, left));
        }
    }

    private T* Tail(in MachineStore store) => tails + ((program.Columns.Length + store.Target) * L.Count);

    private void Call(ImmutableArray<SegmentCode> segments, int start, int first, int end)
    {
        foreach (var segment in segments)
        {
            segment((void**)columns, (void**)outputs, (void**)buffers, memory, start, first, end);
        }
    }
}
