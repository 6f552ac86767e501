using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Where a value of a program lives.</summary>
internal enum Space
{
    /// <summary>A number per batch, held in double precision.</summary>
    Scalar,

    /// <summary>A register with one value per row of the current block.</summary>
    Row,

    /// <summary>A register with K values per row of the current block.</summary>
    Responses,
}

/// <summary>A place that an instruction reads or writes.</summary>
internal readonly record struct Operand(Space Space, int Index);

/// <summary>
/// One step over a block of rows. Elementwise operations and reductions over the responses read registers and
/// scalars. <see cref="Operation.Input"/> loads column A.Index. What loads a buffer loads row buffer A.Index, where an earlier phase,
/// or a sort or scan after it, put the value of the operation.
/// </summary>
internal readonly record struct Instruction(
    Operation Operation, Axis Axis, Operand Destination, Operand A, Operand B, Operand C, bool LoadsBuffer);

/// <summary>A reduction of a row value over the whole batch into a scalar: sum, mean, product, minimum or maximum.</summary>
internal readonly record struct BatchReduction(Operation Operation, Operand Source, int Scalar);

/// <summary>Keeps a value of every row: in a row buffer, or in an output.</summary>
internal readonly record struct Store(Operand Source, int Target);

/// <summary>A sort or scan over all rows, from row buffers to a row buffer; runs between two phases.</summary>
internal readonly record struct BatchPermutation(Operation Operation, int Values, int Key, int Result);

/// <summary>Elementwise work on scalars, done once between two phases.</summary>
internal readonly record struct ScalarInstruction(Operation Operation, int Destination, int A, int B, int C);

/// <summary>Elementwise work over all rows, block by block, up to what needs all rows at once.</summary>
/// <param name="Instructions">What is done with each block of rows.</param>
/// <param name="Reductions">What is then reduced into scalars.</param>
/// <param name="Buffers">What is kept for sorts and scans, and for later phases.</param>
/// <param name="Outputs">What is written to the caller's spans.</param>
/// <param name="Permutations">Sorts and scans, after the last block.</param>
/// <param name="Scalars">Scalar work that became possible, after the last block.</param>
internal sealed record Phase(
    ImmutableArray<Instruction> Instructions,
    ImmutableArray<BatchReduction> Reductions,
    ImmutableArray<Store> Buffers,
    ImmutableArray<Store> Outputs,
    ImmutableArray<BatchPermutation> Permutations,
    ImmutableArray<ScalarInstruction> Scalars);

/// <summary>A column that a program reads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="KnownIndex">Its position in <see cref="PreferenceLosses.Columns.Known"/>; −1 for other columns.</param>
internal readonly record struct ProgramColumn(string Name, int KnownIndex);

/// <summary>
/// Formulas made executable: phases of elementwise work over blocks of rows, separated by what needs all rows (reductions,
/// sorts, scans). Independent of the precision, of the number of rows and of the values of parameters.
/// </summary>
internal sealed class Program
{
    private MachineCode? singleCode;
    private MachineCode? doubleCode;

    /// <summary>The columns.</summary>
    public required ImmutableArray<ProgramColumn> Columns { get; init; }

    /// <summary>The scalar inputs, by name, with the scalar that each is put into.</summary>
    public required ImmutableArray<(string Name, int Scalar)> ScalarInputs { get; init; }

    /// <summary>The parameters, by name, with the scalar that each is put into.</summary>
    public required ImmutableArray<(string Name, int Scalar)> Parameters { get; init; }

    /// <summary>The initial scalars: constants in their places, 0 elsewhere.</summary>
    public required ImmutableArray<double> Scalars { get; init; }

    /// <summary>The scalar that the number of rows is put into; −1 if it is not used.</summary>
    public required int BatchSizeScalar { get; init; }

    /// <summary>Scalar work that needs no row.</summary>
    public required ImmutableArray<ScalarInstruction> Prologue { get; init; }

    /// <summary>The phases, in order.</summary>
    public required ImmutableArray<Phase> Phases { get; init; }

    /// <summary>Per output the shape and, for a scalar output, where it is.</summary>
    public required ImmutableArray<(Shape Shape, int Scalar)> Outputs { get; init; }

    /// <summary>The number of registers with one value per row.</summary>
    public required int RowRegisters { get; init; }

    /// <summary>The number of registers with K values per row.</summary>
    public required int ResponseRegisters { get; init; }

    /// <summary>The number of buffers with one value for every row of the batch.</summary>
    public required int RowBuffers { get; init; }

    /// <summary>The output that each row buffer may live in (<see cref="Execution.BufferHomes"/>); −1 where there is none.</summary>
    public required ImmutableArray<int> BufferHomes { get; init; }

    /// <summary>Whether it needs to know which responses are valid.</summary>
    public required bool HasResponses { get; init; }

    /// <summary>Whether it reads the column at a position of <see cref="PreferenceLosses.Columns.Known"/>.</summary>
    public bool Reads(int known)
    {
        foreach (var column in Columns)
        {
            if (column.KnownIndex == known)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The program laid out for a vector length and a number of responses. The last one asked for is kept.</summary>
    public MachineCode For<T>(int vectorLength, int responses)
    {
        ref var kept = ref typeof(T) == typeof(float) ? ref singleCode : ref doubleCode;
        if (kept is not { } code || code.Responses != responses)
        {
            kept = code = new MachineCode(this, vectorLength, responses);
        }

        return code;
    }
}
