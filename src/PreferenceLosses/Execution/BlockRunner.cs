using System.Numerics;
using PreferenceLosses.Execution.Generation;
using PreferenceLosses.Execution.Vectors;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Runs the instructions of a phase over one block of rows, in registers that stay in the first-level cache.</summary>
/// <remarks>
/// A row register is <see cref="Block.Rows"/> values; a responses register is K of those, one plane per response, so that
/// vectors run along rows everywhere. Rows beyond the end of the batch, up to a whole vector, are computed on whatever is there and never stored.
/// </remarks>
internal readonly unsafe struct BlockRunner<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Rows = Block.Rows;

    private readonly ExecutionArguments<T> arguments;
    private readonly bool hasResponses;
    private readonly Program program;
    private readonly MachineCode code;
    private readonly GeneratedCode? generated;
    private readonly GeneratedBlock<L, T> generatedBlock;
    private readonly T* memory;
    private readonly T* rowBuffers;
    private readonly T* mask;
    private readonly Workspace<T> scratch;

    /// <summary>A runner with memory of its own; several may share the row buffers. It interprets where nothing was generated.</summary>
    public BlockRunner(Program program, MachineCode code, GeneratedCode? generated, in ExecutionArguments<T> arguments, T* rowBuffers, Workspace<T> scratch)
    {
        this.arguments = arguments;
        this.rowBuffers = rowBuffers;
        this.scratch = scratch;
        this.program = program;
        this.code = code;
        this.generated = generated;
        hasResponses = program.HasResponses;
        memory = scratch.Registers(code.Length);
        mask = memory + code.MaskStart;
        generatedBlock = generated is null ? default : new GeneratedBlock<L, T>(program, arguments, rowBuffers, memory, scratch);
    }

    /// <summary>Makes the scalars available to the rows.</summary>
    public void Broadcast(ReadOnlySpan<double> scalars)
    {
        for (var i = 0; i < scalars.Length; i++)
        {
            L.Store(L.Create(InRange(scalars[i])), memory + (i * L.Count));
        }
    }

    /// <summary>The largest double stands for the largest number of any precision (PyTorch's <c>nan_to_num</c> needs that one).</summary>
    private static double InRange(double scalar) =>
        FloatFormat<T>.IsSingle && Math.Abs(scalar) == double.MaxValue ? Math.CopySign(float.MaxValue, scalar) : scalar;

    /// <summary>Runs a phase over the rows from <paramref name="start"/>, and keeps what the phase keeps.</summary>
    public void Run(int number, int start, double* partials)
    {
        var phase = code.Phases[number];
        var count = Math.Min(Rows, arguments.Rows - start);
        if (number == 0 && arguments.NonFinite != null)
        {
            LookForNonFinite(start, count);
        }

        if (generated is null)
        {
            Interpret(phase, start, count);
        }
        else
        {
            generatedBlock.Run(generated[number], start, count);
        }

        for (var i = 0; i < phase.Reductions.Length; i++)
        {
            Reduce(phase.Reductions[i], count, partials + (2 * i));
        }
    }

    /// <summary>Here the block is on its way into the cache; a look at whole columns beforehand would cost as much as a simple loss.</summary>
    private void LookForNonFinite(int start, int count)
    {
        for (var i = 0; i < program.Columns.Length; i++)
        {
            if (!VectorFunctions<L, T>.AreFinite(arguments.Columns[i] + start, count))
            {
                *arguments.NonFinite = true;
            }
        }
    }

    private void Interpret(MachinePhase phase, int start, int count)
    {
        var padded = (count + L.Count - 1) & -L.Count;
        if (hasResponses)
        {
            LoadMask(start, count);
        }

        foreach (ref readonly var instruction in phase.Instructions.AsSpan())
        {
            if (instruction.LoadsBuffer)
            {
                LoadBuffer(instruction.Source, memory + instruction.D, start, count, padded);
            }
            else if (instruction.Operation.IsElementwise() || instruction.Operation == Operation.Broadcast)
            {
                var kernel = new KernelRunner<L, T>(instruction, memory, padded);
                Kernels<L, T>.Visit(instruction.Operation, ref kernel);
            }
            else
            {
                LoadOrReduce(instruction, start, count, padded);
            }
        }

        foreach (ref readonly var store in phase.Buffers.AsSpan())
        {
            new ReadOnlySpan<T>(memory + store.Offset, count).CopyTo(new Span<T>(rowBuffers + (store.Target * arguments.BufferLength) + start, count));
        }

        foreach (ref readonly var store in phase.Outputs.AsSpan())
        {
            Write(store, start, count);
        }
    }

    private void LoadOrReduce(in MachineInstruction i, int start, int count, int padded)
    {
        var d = memory + i.D;
        switch (i.Operation)
        {
            case Operation.Input:
                LoadColumn(i, d, start, count, padded);
                break;
            case Operation.RowIndex:
                for (var row = 0; row < padded; row++)
                {
                    d[row] = T.CreateTruncating(start + row);
                }

                break;
            case Operation.ResponseIndex:
                for (var k = 0; k < arguments.Responses; k++)
                {
                    new Span<T>(d + (k * Rows), padded).Fill(T.CreateTruncating(k));
                }

                break;
            case Operation.ResponseCount:
                CountResponses(d, padded);
                break;
            default:
                if (i.Operation.IsReduction())
                {
                    ReduceResponses(i.Operation, memory + i.A, d, padded);
                }
                else
                {
                    SortResponses(i, count);
                }

                break;
        }
    }

    private void LoadColumn(in MachineInstruction instruction, T* d, int start, int count, int padded)
    {
        var column = arguments.Columns[instruction.Source];
        if (instruction.IsPerResponse)
        {
            LoadResponses(column, d, start, count, padded);
        }
        else
        {
            if (arguments.RowPositions == null)
            {
                new ReadOnlySpan<T>(column + start, count).CopyTo(new Span<T>(d, count));
            }
            else
            {
                for (var i = 0; i < count; i++)
                {
                    d[i] = column[arguments.RowPositions[start + i]];
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
        new ReadOnlySpan<T>(rowBuffers + (buffer * arguments.BufferLength) + start, count).CopyTo(new Span<T>(d, count));
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
        if (operation == Operation.Product)
        {
            MultiplyResponses(a, d, padded);
            return;
        }

        var none = L.Create(operation switch
        {
            Operation.Sum => 0,
            Operation.ReduceMin => double.PositiveInfinity,
            Operation.ReduceMax => double.NegativeInfinity,
            _ => throw new InvalidOperationException($"{operation} over the responses is not an operation of a program."),
        });

        for (var i = 0; i < padded; i += L.Count)
        {
            var result = none;
            for (var k = 0; k < arguments.Responses; k++)
            {
                var invalid = L.Equal(L.Load(mask + (k * Rows) + i), default);
                var x = L.Select(invalid, none, L.Load(a + (k * Rows) + i));
                result = operation switch
                {
                    Operation.Sum => result + x,
                    Operation.ReduceMin => L.Min(result, x),
                    _ => L.Max(result, x),
                };
            }

            L.Store(result, d + i);
        }
    }

    /// <summary>In double precision, as over the batch: a product leaves the range of single precision on the way to a number inside it.</summary>
    private void MultiplyResponses(T* a, T* d, int padded)
    {
        for (var i = 0; i < padded; i++)
        {
            var product = 1.0;
            for (var k = 0; k < arguments.Responses; k++)
            {
                product *= mask[(k * Rows) + i] == T.Zero ? 1 : double.CreateTruncating(a[(k * Rows) + i]);
            }

            d[i] = T.CreateTruncating(product);
        }
    }

    /// <summary>Sorts and scans along the valid responses of each row; the others get 0.</summary>
    private void SortResponses(in MachineInstruction instruction, int count)
    {
        var responses = arguments.Responses;
        var values = new Span<T>(scratch.Keys(3 * responses), 3 * responses);
        var keys = values[responses..(2 * responses)];
        var results = values[(2 * responses)..];
        var order = new Span<int>(scratch.Order(2 * responses), 2 * responses);
        var positions = order[responses..];
        var d = memory + instruction.D;
        var a = memory + instruction.A;
        var key = memory + instruction.B;
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

    private void Reduce(in MachineStore reduction, int count, double* partial)
    {
        var values = memory + reduction.Offset;
        if (reduction.Operation is Operation.Sum or Operation.Mean)
        {
            CompensatedSum.Of(values, count, out partial[0], out partial[1]);
            return;
        }

        if (reduction.Operation == Operation.Product)
        {
            var product = 1.0;
            for (var i = 0; i < count; i++)
            {
                product *= double.CreateTruncating(values[i]);
            }

            partial[0] = product;
            partial[1] = 0;
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

    private void Write(in MachineStore store, int start, int count)
    {
        var values = memory + store.Offset;
        var output = arguments.Outputs[store.Target];
        if (store.IsPerResponse)
        {
            for (var i = 0; i < count; i++)
            {
                var row = output + ((long)arguments.Position(start + i) * arguments.Responses);
                for (var k = 0; k < arguments.Responses; k++)
                {
                    row[k] = mask[(k * Rows) + i] != T.Zero ? values[(k * Rows) + i] : T.Zero;
                }
            }
        }
        else if (arguments.RowPositions == null)
        {
            new ReadOnlySpan<T>(values, count).CopyTo(new Span<T>(output + start, count));
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                output[arguments.RowPositions[start + i]] = values[i];
            }
        }
    }
}
