using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PreferenceLosses.Execution;
using PreferenceLosses.Execution.Generation;
using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>Runs any formulas through compiler and executor, past the checks of the public API.</summary>
internal static unsafe class FormulaRunner
{
    /// <summary>The values of the formulas: 1, [rows] or [rows · K], as their shapes are.</summary>
    /// <param name="batch">The batch; its columns are rounded to the precision.</param>
    /// <param name="roots">The formulas.</param>
    /// <param name="keepsRegisters">Which of the two kinds of program; by default the one that an evaluation would take.</param>
    /// <param name="threads">The largest number of threads.</param>
    public static double[][] Run<T>(FormulaBatch batch, IReadOnlyList<Expr> roots, bool? keepsRegisters = null, int threads = 1)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Run<T>(batch, ProgramCompiler.Compile(roots, keepsRegisters ?? batch.Rows <= Block.Rows), threads);

    /// <summary>The values of a compiled program's outputs, with the widest vectors of this machine.</summary>
    public static double[][] Run<T>(FormulaBatch batch, Program program, int threads = 1)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector512.IsHardwareAccelerated
            ? Run<WideLanes<T>, T>(batch, program, generates: false, threads)
            : Run<PlatformLanes<T>, T>(batch, program, generates: false, threads);

    /// <summary>The values of a compiled program's outputs, with vectors of a width, interpreted or as generated code.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="program">The program.</param>
    /// <param name="generates">Whether code is generated.</param>
    /// <param name="threads">The largest number of threads.</param>
    /// <param name="place">Puts outputs elsewhere: gets the addresses of columns and outputs, and may change those of outputs. Results are read from where it put them.</param>
    public static double[][] Run<L, T>(FormulaBatch batch, Program program, bool generates, int threads = 1, Action<nint[], nint[]>? place = null)
        where L : struct, ILanes<L, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var code = new MachineCode(program, L.Count, batch.Responses);
        var generated = generates ? GeneratedCode.Of<L, T>(code) : null;
        var columns = program.Columns.Select(c => Pinned<T>(batch.Columns[c.Name])).ToArray();
        var outputs = program.Outputs.Select(o => Pinned<T>(new double[Length(batch, o.Shape)])).ToArray();
        var scalars = program.ScalarInputs.Select(s => batch.Scalars[s.Name]).ToArray();
        var parameters = program.Parameters.Select(p => batch.Parameters[p.Name]).ToArray();
        var scalarOutputs = new double[outputs.Length];
        var columnPointers = stackalloc T*[columns.Length];
        var outputPointers = stackalloc T*[outputs.Length];
        Point(columns, columnPointers);
        Point(outputs, outputPointers);
        if (place is not null)
        {
            var placed = new Span<nint>(outputPointers, outputs.Length).ToArray();
            place(new Span<nint>(columnPointers, columns.Length).ToArray(), placed);
            placed.CopyTo(new Span<nint>(outputPointers, outputs.Length));
        }

        var workspace = Workspace<T>.Rent();
        fixed (double* scalarInputs = scalars, parameterValues = parameters, scalarResults = scalarOutputs)
        fixed (bool* mask = batch.Mask)
        {
            var arguments = new ExecutionArguments<T>
            {
                Columns = columnPointers,
                ScalarInputs = scalarInputs,
                Parameters = parameterValues,
                Outputs = outputPointers,
                ScalarOutputs = scalarResults,
                Rows = batch.Rows,
                Responses = batch.Responses,
                ResponseMask = mask,
                MaxThreads = threads,
            };
            Executor<L, T>.Run(program, code, generated, arguments, workspace);
        }

        Workspace<T>.Return(workspace);
        var results = new double[outputs.Length][];
        for (var i = 0; i < results.Length; i++)
        {
            var shape = program.Outputs[i].Shape;
            results[i] = shape == Shape.Scalar
                ? [scalarOutputs[i]]
                : [.. new Span<T>(outputPointers[i], Length(batch, shape)).ToArray().Select(double.CreateTruncating)];
        }

        for (var i = 0; place is null && i < outputs.Length; i++)
        {
            Assert.False(outputs[i].AsSpan(Length(batch, program.Outputs[i].Shape)).ContainsAnyExcept(T.Zero), "Memory beyond an output was written.");
        }

        // Only pointers into them were used until here.
        GC.KeepAlive(columns);
        GC.KeepAlive(outputs);
        return results;
    }

    private static int Length(FormulaBatch batch, Shape shape) => shape switch
    {
        Shape.Scalar => 0,
        Shape.Row => batch.Rows,
        _ => batch.Rows * batch.Responses,
    };

    /// <summary>A copy that does not move, with room for an output that begins in it and ends a few rows later.</summary>
    private static T[] Pinned<T>(double[] values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var array = GC.AllocateArray<T>(values.Length + Block.LongestVector, pinned: true);
        for (var i = 0; i < values.Length; i++)
        {
            array[i] = T.CreateTruncating(values[i]);
        }

        return array;
    }

    private static void Point<T>(T[][] arrays, T** pointers)
        where T : unmanaged
    {
        for (var i = 0; i < arrays.Length; i++)
        {
            pointers[i] = (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(arrays[i]));
        }
    }
}
