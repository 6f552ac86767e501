using System.Numerics;
using System.Runtime.Intrinsics.X86;
using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution.Generation;

/// <summary>
/// Runs generated code over one block of rows. Whole vectors are read and written where they are; the rows that are left over
/// at the end of a batch go through a copy, so that nothing beyond the caller's memory is touched.
/// </summary>
internal readonly unsafe struct GeneratedBlock<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// The number of rows from which on a batch's columns do not stay in the cache that cores share. Below, the processor's own prefetching is enough, and asking costs a tenth.
    /// </summary>
    private const int RowsBeyondTheCache = 1 << 19;

    private const int CacheLine = 64;

    private readonly Program program;
    private readonly ExecutionArguments<T> arguments;
    private readonly T* rowBuffers;
    private readonly T* memory;
    private readonly T* tails;
    private readonly T** columns;
    private readonly T** outputs;
    private readonly T** buffers;
    private readonly bool areOutputsFree;

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
        areOutputsFree = AreOutputsFree(program, arguments);
    }

    /// <summary>Runs a phase over the rows from <paramref name="start"/>.</summary>
    public void Run(GeneratedPhase phase, int start, int count)
    {
        PointTo(phase, start);
        if (arguments.Rows >= RowsBeyondTheCache)
        {
            PrefetchNext(phase, count, Math.Min(Block.Rows, arguments.Rows - start - count) * sizeof(T));
        }

        var whole = count & -L.Count;
        if (whole > 0)
        {
            Call(phase, start, 0, whole);
        }

        if (whole < count)
        {
            RunTail(phase, start, whole, count - whole);
        }
    }

    private void PointTo(GeneratedPhase phase, int start)
    {
        foreach (var i in phase.Columns)
        {
            columns[i] = arguments.Columns[i] + start;
        }

        foreach (var i in phase.Buffers)
        {
            buffers[i] = areOutputsFree && program.BufferHomes[i] is >= 0 and var home ? arguments.Outputs[home] + start : OwnBuffer(i, start);
        }

        foreach (var i in phase.Outputs)
        {
            outputs[i] = arguments.Outputs[i] + start;
        }
    }

    /// <summary>A row buffer's own memory, which has room for whole vectors: where it lives in an output, the rows that are left over still live here.</summary>
    private T* OwnBuffer(int index, int start) => rowBuffers + (index * arguments.BufferLength) + start;

    /// <summary>Whether nothing else is in the memory of the outputs that row buffers may live in: a caller may have gradients written over columns.</summary>
    private static bool AreOutputsFree(Program program, in ExecutionArguments<T> arguments)
    {
        foreach (var home in program.BufferHomes)
        {
            for (var i = 0; home >= 0 && i < program.Columns.Length; i++)
            {
                if (Overlap(arguments.Outputs[home], arguments.Columns[i], arguments.Rows))
                {
                    return false;
                }
            }

            for (var i = 0; home >= 0 && i < program.Outputs.Length; i++)
            {
                if (i != home && program.Outputs[i].Shape == Shape.Row && Overlap(arguments.Outputs[home], arguments.Outputs[i], arguments.Rows))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Overlap(T* a, T* b, int rows) => a < b + rows && b < a + rows;

    /// <summary>Asks for the rows after the block, which arrive while this one is computed.</summary>
    private void PrefetchNext(GeneratedPhase phase, int count, int bytes)
    {
        foreach (var i in phase.Columns)
        {
            Prefetch((byte*)(columns[i] + count), bytes);
        }

        foreach (var i in phase.Buffers)
        {
            Prefetch((byte*)(buffers[i] + count), bytes);
        }

        foreach (var i in phase.Outputs)
        {
            Prefetch((byte*)(outputs[i] + count), bytes);
        }
    }

    private static void Prefetch(byte* memory, int bytes)
    {
        for (var at = 0; at < bytes && Sse.IsSupported; at += CacheLine)
        {
            Sse.Prefetch0(memory + at);
        }
    }

    private void RunTail(GeneratedPhase phase, int start, int whole, int left)
    {
        foreach (var i in phase.Columns)
        {
            var tail = new Span<T>(Tail(i), L.Count);
            new ReadOnlySpan<T>(columns[i] + whole, left).CopyTo(tail);
            tail[left..].Clear();

            // The code adds the number of the row.
            columns[i] = Tail(i) - whole;
        }

        foreach (var i in phase.Outputs)
        {
            outputs[i] = Tail(program.Columns.Length + i) - whole;
        }

        foreach (var i in phase.Buffers)
        {
            buffers[i] = OwnBuffer(i, start);
        }

        Call(phase, start, whole, whole + L.Count);
        foreach (var i in phase.Outputs)
        {
            new ReadOnlySpan<T>(Tail(program.Columns.Length + i), left).CopyTo(new Span<T>(arguments.Outputs[i] + start + whole, left));
        }
    }

    private T* Tail(int index) => tails + (index * L.Count);

    private void Call(GeneratedPhase phase, int start, int first, int end)
    {
        foreach (var segment in phase.Segments)
        {
            segment((void**)columns, (void**)outputs, (void**)buffers, memory, start, first, end);
        }
    }
}
