using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Runs the instructions of a phase over one block of rows, in registers that stay in the first-level cache.</summary>
/// <remarks>
/// A row register is <see cref="Rows"/> values; a responses register is K of those, one plane per response, so that
/// vectors run along rows everywhere. Rows beyond the end of the batch are computed (on zeros) and never stored.
/// </remarks>
internal readonly unsafe struct BlockRunner<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The number of rows in a block. Results depend on it in the last digits, so it is the same everywhere.</summary>
    public const int Rows = 128;

    private readonly ExecutionArguments<T> arguments;
    private readonly T* scalarVectors;
    private readonly T* rowBuffers;
    private readonly T* rowRegisters;
    private readonly T* responseRegisters;
    private readonly T* mask;
    private readonly Workspace<T> scratch;

    public BlockRunner(Program program, in ExecutionArguments<T> arguments, T* scalarVectors, T* rowBuffers, Workspace<T> scratch)
    {
        this.arguments = arguments;
        this.scalarVectors = scalarVectors;
        this.rowBuffers = rowBuffers;
        this.scratch = scratch;
        var planes = program.RowRegisters + ((program.ResponseRegisters + 1) * arguments.Responses);
        rowRegisters = scratch.Registers(planes * Rows);
        responseRegisters = rowRegisters + (program.RowRegisters * Rows);
        mask = responseRegisters + (program.ResponseRegisters * arguments.Responses * Rows);
    }

    /// <summary>Runs a phase over the rows from <paramref name="start"/>, and keeps what the phase keeps.</summary>
    public void Run(Program program, Phase phase, int start, double* partials)
    {
        var count = Math.Min(Rows, arguments.Rows - start);
        if (program.HasResponses)
        {
            LoadMask(start, count);
        }

        foreach (ref readonly var instruction in phase.Instructions.AsSpan())
        {
            Run(instruction, start, count);
        }

        for (var i = 0; i < phase.Reductions.Length; i++)
        {
            Reduce(phase.Reductions[i], count, partials + (2 * i));
        }

        foreach (var store in phase.Buffers)
        {
            new ReadOnlySpan<T>(At(store.Source), count).CopyTo(new Span<T>(rowBuffers + ((long)store.Target * arguments.Rows) + start, count));
        }

        foreach (var store in phase.Outputs)
        {
            Write(store.Source, arguments.Outputs[store.Target], start, count);
        }
    }

    private void Run(in Instruction instruction, int start, int count)
    {
        var d = At(instruction.Destination);
        var padded = (count + Vector<T>.Count - 1) / Vector<T>.Count * Vector<T>.Count;
        switch (instruction.Operation)
        {
            case Operation.Input:
                LoadColumn(instruction, d, start, count, padded);
                return;
            case Operation.RowIndex:
                for (var i = 0; i < padded; i++)
                {
                    d[i] = T.CreateTruncating(start + i);
                }

                return;
            case Operation.ResponseIndex:
                for (var k = 0; k < arguments.Responses; k++)
                {
                    new Span<T>(d + (k * Rows), padded).Fill(T.CreateTruncating(k));
                }

                return;
            case Operation.ResponseCount:
                CountResponses(d, padded);
                return;
        }

        if (instruction.Operation.IsElementwise() || instruction.Operation == Operation.Broadcast)
        {
            Elementwise(instruction, d, padded);
        }
        else if (instruction.Axis == Axis.Batch)
        {
            LoadBuffer(instruction.A.Index, d, start, count, padded);
        }
        else if (instruction.Operation.IsReduction())
        {
            ReduceResponses(instruction.Operation, At(instruction.A), d, padded);
        }
        else
        {
            SortResponses(instruction, d, count);
        }
    }

    private void Elementwise(in Instruction instruction, T* d, int padded)
    {
        var a = At(instruction.A);
        var b = At(instruction.B);
        var c = At(instruction.C);
        var (stepA, stepB, stepC) = (Step(instruction.A), Step(instruction.B), Step(instruction.C));
        if (instruction.Destination.Space == Space.Row)
        {
            ElementwiseKernels<T>.Run(instruction.Operation, d, padded, a, stepA, b, stepB, c, stepC);
            return;
        }

        for (var k = 0; k < arguments.Responses; k++)
        {
            ElementwiseKernels<T>.Run(instruction.Operation, d, padded, a, stepA, b, stepB, c, stepC);
            d += Rows;
            a += Plane(instruction.A);
            b += Plane(instruction.B);
            c += Plane(instruction.C);
        }
    }

    private T* At(Operand operand) => operand.Space switch
    {
        Space.Scalar => scalarVectors + (operand.Index * Vector<T>.Count),
        Space.Row => rowRegisters + (operand.Index * Rows),
        _ => responseRegisters + (operand.Index * arguments.Responses * Rows),
    };

    private static int Step(Operand operand) => operand.Space == Space.Scalar ? 0 : Vector<T>.Count;

    private static int Plane(Operand operand) => operand.Space == Space.Responses ? Rows : 0;

    private void LoadColumn(in Instruction instruction, T* d, int start, int count, int padded)
    {
        var column = arguments.Columns[instruction.A.Index];
        if (instruction.Destination.Space == Space.Responses)
        {
            LoadResponses(column.Values, d, start, count, padded);
        }
        else if (column.IsBroadcast)
        {
            new Span<T>(d, padded).Fill(*column.Values);
        }
        else
        {
            if (arguments.RowPositions == null)
            {
                new ReadOnlySpan<T>(column.Values + start, count).CopyTo(new Span<T>(d, count));
            }
            else
            {
                for (var i = 0; i < count; i++)
                {
                    d[i] = column.Values[arguments.RowPositions[start + i]];
                }
            }

            new Span<T>(d + count, padded - count).Clear();
        }
    }

    /// <summary>Transposes rows of K to K planes; invalid responses are read as 0, whatever they hold.</summary>
    private void LoadResponses(T* values, T* d, int start, int count, int padded)
    {
        var responses = arguments.Responses;
        for (var k = 0; k < responses; k++)
        {
            var plane = d + (k * Rows);
            for (var i = 0; i < count; i++)
            {
                var valid = mask[(k * Rows) + i] != T.Zero;
                plane[i] = valid ? values[((long)arguments.Position(start + i) * responses) + k] : T.Zero;
            }

            new Span<T>(plane + count, padded - count).Clear();
        }
    }

    private void LoadMask(int start, int count)
    {
        for (var k = 0; k < arguments.Responses; k++)
        {
            for (var i = 0; i < Rows; i++)
            {
                var valid = i >= count || arguments.ResponseMask == null
                    || arguments.ResponseMask[((long)arguments.Position(start + i) * arguments.Responses) + k];
                mask[(k * Rows) + i] = valid ? T.One : T.Zero;
            }
        }
    }

    private void LoadBuffer(int buffer, T* d, int start, int count, int padded)
    {
        new ReadOnlySpan<T>(rowBuffers + ((long)buffer * arguments.Rows) + start, count).CopyTo(new Span<T>(d, count));
        new Span<T>(d + count, padded - count).Clear();
    }

    private void CountResponses(T* d, int padded)
    {
        for (var i = 0; i < padded; i++)
        {
            var sum = T.Zero;
            for (var k = 0; k < arguments.Responses; k++)
            {
                sum += mask[(k * Rows) + i];
            }

            d[i] = sum;
        }
    }

    private void ReduceResponses(Operation operation, T* a, T* d, int padded)
    {
        var none = new Vector<T>(operation switch
        {
            Operation.Sum => T.Zero,
            Operation.ReduceMin => T.PositiveInfinity,
            Operation.ReduceMax => T.NegativeInfinity,
            _ => throw new InvalidOperationException($"{operation} over the responses is not an operation of a program."),
        });

        for (var i = 0; i < padded; i += Vector<T>.Count)
        {
            var result = none;
            for (var k = 0; k < arguments.Responses; k++)
            {
                var invalid = Vector.Equals(Vector.Load(mask + (k * Rows) + i), Vector<T>.Zero);
                var x = Vector.ConditionalSelect(invalid, none, Vector.Load(a + (k * Rows) + i));
                result = operation switch
                {
                    Operation.Sum => result + x,
                    Operation.ReduceMin => Vector.Min(result, x),
                    _ => Vector.Max(result, x),
                };
            }

            result.Store(d + i);
        }
    }

    /// <summary>Sorts and scans along the valid responses of each row; the others get 0.</summary>
    private void SortResponses(in Instruction instruction, T* d, int count)
    {
        var responses = arguments.Responses;
        var values = new Span<T>(scratch.Keys(3 * responses), 3 * responses);
        var keys = values[responses..(2 * responses)];
        var results = values[(2 * responses)..];
        var order = new Span<int>(scratch.Order(2 * responses), 2 * responses);
        var positions = order[responses..];
        var a = At(instruction.A);
        var key = At(instruction.B);
        var keyed = instruction.Operation is Operation.SortBy or Operation.UnsortBy;

        for (var row = 0; row < count; row++)
        {
            var valid = 0;
            for (var k = 0; k < responses; k++)
            {
                d[(k * Rows) + row] = T.Zero;
                if (mask[(k * Rows) + row] != T.Zero)
                {
                    values[valid] = a[(k * Rows) + row];
                    keys[valid] = keyed ? key[(k * Rows) + row] : T.Zero;
                    positions[valid++] = k;
                }
            }

            if (keyed)
            {
                Sorting.Order(keys[..valid], order[..valid]);
            }

            Sorting.Apply(instruction.Operation, values[..valid], order[..valid], results[..valid]);
            for (var j = 0; j < valid; j++)
            {
                d[(positions[j] * Rows) + row] = results[j];
            }
        }
    }

    private void Reduce(BatchReduction reduction, int count, double* partial)
    {
        var values = At(reduction.Source);
        if (reduction.Operation is Operation.Sum or Operation.Mean)
        {
            CompensatedSum.Of(values, count, out partial[0], out partial[1]);
            return;
        }

        var result = values[0];
        for (var i = 1; i < count; i++)
        {
            result = reduction.Operation == Operation.ReduceMin ? T.Min(result, values[i]) : T.Max(result, values[i]);
        }

        partial[0] = double.CreateTruncating(result);
        partial[1] = 0;
    }

    private void Write(Operand source, T* output, int start, int count)
    {
        if (source.Space == Space.Responses)
        {
            for (var i = 0; i < count; i++)
            {
                var row = output + ((long)arguments.Position(start + i) * arguments.Responses);
                for (var k = 0; k < arguments.Responses; k++)
                {
                    row[k] = mask[(k * Rows) + i] != T.Zero ? At(source)[(k * Rows) + i] : T.Zero;
                }
            }
        }
        else if (arguments.RowPositions == null)
        {
            new ReadOnlySpan<T>(At(source), count).CopyTo(new Span<T>(output + start, count));
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                output[arguments.RowPositions[start + i]] = At(source)[i];
            }
        }
    }
}
