using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PreferenceLosses.Execution.Generation;
using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Runs a program on a batch, with the widest vectors of the machine, and as machine code once that is worth it.</summary>
internal static class Executor
{
    public static void Run<T>(Program program, in ExecutionArguments<T> arguments, Workspace<T> workspace)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<WideLanes<T>, T>(program, arguments, workspace);
        }
        else
        {
            Run<PlatformLanes<T>, T>(program, arguments, workspace);
        }
    }

    private static unsafe void Run<L, T>(Program program, in ExecutionArguments<T> arguments, Workspace<T> workspace)
        where L : struct, ILanes<L, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var code = program.For<T>(L.Count, arguments.Responses);
        GeneratedCode? generated = null;
        if (GeneratedCode.IsSupported && !program.HasResponses && arguments.RowPositions == null)
        {
            code.RowsRun += arguments.Rows;
            if (code.Generated is null && code.RowsRun >= GeneratedCode.RowsBeforeGeneration)
            {
                code.Generated = GeneratedCode.Of<L, T>(code);
            }

            generated = code.Generated;
        }

        Executor<L, T>.Run(program, code, generated, arguments, workspace);
    }
}

/// <summary>Runs a program on a batch.</summary>
/// <remarks>
/// Blocks are reduced one by one and their results combined in the order of the blocks, so the result does not depend
/// on how many threads share the blocks.
/// </remarks>
internal static unsafe class Executor<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The number of blocks per thread below which starting a thread costs more than it saves.</summary>
    private const int BlocksPerThread = 64;

    /// <summary>The number of rows from which on a radix sort is faster than one that compares.</summary>
    private const int RowsOfRadixSort = 1024;

    /// <summary>Runs the program: the generated code where there is some, otherwise the interpreter. Both give the same digits.</summary>
    public static void Run(Program program, MachineCode code, GeneratedCode? generated, in ExecutionArguments<T> arguments, Workspace<T> workspace)
    {
        var scalars = new Span<double>(workspace.Scalars(program.Scalars.Length), program.Scalars.Length);
        var rowBuffers = workspace.RowBuffers(program.RowBuffers * arguments.BufferLength);
        var blocks = (int)(((long)arguments.Rows + Block.Rows - 1) / Block.Rows);
        var threads = Math.Min(arguments.MaxThreads, blocks / BlocksPerThread);
        var runner = new BlockRunner<L, T>(program, code, generated, arguments, rowBuffers, workspace);

        BindScalars(program, arguments, scalars);
        RunScalars(program.Prologue, scalars);
        for (var p = 0; p < program.Phases.Length; p++)
        {
            var phase = program.Phases[p];
            var partialsPerBlock = 2 * phase.Reductions.Length;
            var partials = workspace.Partials((long)partialsPerBlock * blocks);
            if (threads > 1)
            {
                RunParallel(program, code, generated, p, arguments, scalars, rowBuffers, partials, blocks, threads);
            }
            else
            {
                runner.Broadcast(scalars);
                for (var block = 0; block < blocks; block++)
                {
                    runner.Run(p, block * Block.Rows, partials + ((long)block * partialsPerBlock));
                }
            }

            for (var i = 0; i < phase.Reductions.Length; i++)
            {
                scalars[phase.Reductions[i].Scalar] =
                    Combine(phase.Reductions[i].Operation, partials + (2 * i), partialsPerBlock, blocks, arguments.Rows);
            }

            foreach (var permutation in phase.Permutations)
            {
                Permute(permutation, rowBuffers, arguments, workspace);
            }

            RunScalars(phase.Scalars, scalars);
        }

        for (var i = 0; i < program.Outputs.Length; i++)
        {
            if (program.Outputs[i].Shape == Shape.Scalar)
            {
                arguments.ScalarOutputs[i] = scalars[program.Outputs[i].Scalar];
            }
        }
    }

    private static void BindScalars(Program program, in ExecutionArguments<T> arguments, Span<double> scalars)
    {
        program.Scalars.AsSpan().CopyTo(scalars);
        for (var i = 0; i < program.Parameters.Length; i++)
        {
            scalars[program.Parameters[i].Scalar] = arguments.Parameters[i];
        }

        for (var i = 0; i < program.ScalarInputs.Length; i++)
        {
            scalars[program.ScalarInputs[i].Scalar] = arguments.ScalarInputs[i];
        }

        if (program.BatchSizeScalar >= 0)
        {
            scalars[program.BatchSizeScalar] = arguments.Rows;
        }
    }

    private static void RunScalars(ImmutableArray<ScalarInstruction> instructions, Span<double> scalars)
    {
        foreach (ref readonly var i in instructions.AsSpan())
        {
            scalars[i.Destination] = ScalarFunctions.Evaluate(i.Operation, scalars[i.A], scalars[i.B], scalars[i.C]);
        }
    }

    private static void RunParallel(
        Program program, MachineCode code, GeneratedCode? generated, int phase, ExecutionArguments<T> arguments, Span<double> scalars, T* rowBuffers, double* partials, int blocks, int threads)
    {
        var values = scalars.ToArray();
        var partialsPerBlock = 2L * program.Phases[phase].Reductions.Length;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
        {
            var own = Workspace<T>.Rent();
            var runner = new BlockRunner<L, T>(program, code, generated, arguments, rowBuffers, own);
            runner.Broadcast(values);
            var end = (int)((long)blocks * (thread + 1) / threads);
            for (var block = (int)((long)blocks * thread / threads); block < end; block++)
            {
                runner.Run(phase, block * Block.Rows, partials + (partialsPerBlock * block));
            }

            Workspace<T>.Return(own);
        });
    }

    private static double Combine(Operation operation, double* partials, int stride, int blocks, int rows)
    {
        var (sum, error) = (partials[0], partials[1]);
        for (var block = 1; block < blocks; block++)
        {
            var partial = partials + ((long)block * stride);
            switch (operation)
            {
                case Operation.Product:
                    sum *= partial[0];
                    break;
                case Operation.ReduceMin:
                    sum = Math.Min(sum, partial[0]);
                    break;
                case Operation.ReduceMax:
                    sum = Math.Max(sum, partial[0]);
                    break;
                default:
                    CompensatedSum.Add(ref sum, ref error, partial[0]);
                    error += partial[1];
                    break;
            }
        }

        return operation switch
        {
            Operation.Sum => CompensatedSum.Value(sum, error),
            Operation.Mean => CompensatedSum.Mean(sum, error, rows),
            _ => sum,
        };
    }

    private static void Permute(BatchPermutation permutation, T* rowBuffers, in ExecutionArguments<T> arguments, Workspace<T> workspace)
    {
        var rows = arguments.Rows;
        var length = arguments.BufferLength;
        ReadOnlySpan<T> Buffer(int index) => new(rowBuffers + (index * length), rows);

        var order = Span<int>.Empty;
        if (permutation.Key >= 0)
        {
            order = new Span<int>(workspace.Order(rows), rows);
            if (typeof(T) == typeof(float) && rows >= RowsOfRadixSort)
            {
                RadixSort.Order(MemoryMarshal.Cast<T, float>(Buffer(permutation.Key)), order, workspace.Packed(2L * rows));
            }
            else
            {
                var keys = new Span<T>(workspace.Keys(rows), rows);
                Buffer(permutation.Key).CopyTo(keys);
                Sorting.Order(keys, order);
            }
        }

        var result = new Span<T>(rowBuffers + (permutation.Result * length), rows);
        Sorting.Apply(permutation.Operation, Buffer(permutation.Values), order, result);
    }
}
