using System.Collections.Immutable;
using System.Numerics;
using PreferenceLosses.Execution.Generation;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>An instruction with its operands resolved to offsets into the memory of a <see cref="BlockRunner{L, T}"/>.</summary>
/// <remarks>A step is how far an operand moves per vector of rows, and a plane how far per response: 0 for what is broadcast.</remarks>
internal readonly record struct MachineInstruction(
    Operation Operation, Axis Axis, bool LoadsBuffer, int Source, bool IsPerResponse, int Planes, int D, int A, int B, int C, int StepA, int StepB, int StepC, int PlaneA, int PlaneB, int PlaneC)
{
    /// <summary>Whether it loads a column or a row buffer.</summary>
    public bool IsLoad => LoadsBuffer || Operation == Operation.Input;
}

/// <summary>A value that is reduced, or kept in a row buffer or an output: where it is, and what becomes of it.</summary>
internal readonly record struct MachineStore(Operation Operation, bool IsPerResponse, int Offset, int Target);

/// <summary>One phase with offsets for operands.</summary>
internal sealed record MachinePhase(
    ImmutableArray<MachineInstruction> Instructions,
    ImmutableArray<MachineStore> Reductions,
    ImmutableArray<MachineStore> Buffers,
    ImmutableArray<MachineStore> Outputs);

/// <summary>
/// A program laid out for one vector length and one number of responses: scalars (a vector each), row registers, responses
/// registers (K planes each), and the planes of the response mask.
/// </summary>
internal sealed class MachineCode
{
    private readonly int rowStart;
    private readonly int responseStart;

    public MachineCode(Program program, int vectorLength, int responses)
    {
        VectorLength = vectorLength;
        Responses = responses;
        checked
        {
            rowStart = program.Scalars.Length * vectorLength;
            responseStart = rowStart + (program.RowRegisters * Block.Rows);
            MaskStart = responseStart + (program.ResponseRegisters * responses * Block.Rows);
            Length = MaskStart + (responses * Block.Rows);
        }

        Phases = [.. program.Phases.Select(Resolve)];
        BufferHomes = program.BufferHomes;
    }

    public int VectorLength { get; }

    public int Responses { get; }

    /// <summary>Where the planes of the response mask start.</summary>
    public int MaskStart { get; }

    /// <summary>The length of the memory, in values.</summary>
    public int Length { get; }

    public ImmutableArray<MachinePhase> Phases { get; }

    /// <summary>The output that each row buffer may live in; −1 where there is none.</summary>
    public ImmutableArray<int> BufferHomes { get; }

    /// <summary>How many rows it has worked on, roughly: threads may lose a count.</summary>
    public long RowsRun { get; set; }

    /// <summary>The same as machine code, once it has worked on enough rows to be worth it.</summary>
    public GeneratedCode? Generated { get; set; }

    private MachinePhase Resolve(Phase phase) => new(
        [.. phase.Instructions.Select(Resolve)],
        [.. phase.Reductions.Select(r => new MachineStore(r.Operation, IsPerResponse: false, Offset(r.Source), r.Scalar))],
        [.. phase.Buffers.Select(Resolve)],
        [.. phase.Outputs.Select(Resolve)]);

    private MachineStore Resolve(Store store) => new(default, store.Source.Space == Space.Responses, Offset(store.Source), store.Target);

    private MachineInstruction Resolve(Instruction i) => new(
        i.Operation,
        i.Axis,
        i.LoadsBuffer,
        i.A.Index,
        i.Destination.Space == Space.Responses,
        i.Destination.Space == Space.Responses ? Responses : 1,
        Offset(i.Destination),
        Offset(i.A),
        Offset(i.B),
        Offset(i.C),
        Step(i.A),
        Step(i.B),
        Step(i.C),
        Plane(i.A),
        Plane(i.B),
        Plane(i.C));

    private int Offset(Operand operand) => operand.Space switch
    {
        Space.Scalar => operand.Index * VectorLength,
        Space.Row => rowStart + (operand.Index * Block.Rows),
        _ => responseStart + (operand.Index * Responses * Block.Rows),
    };

    private int Step(Operand operand) => operand.Space == Space.Scalar ? 0 : VectorLength;

    private static int Plane(Operand operand) => operand.Space == Space.Responses ? Block.Rows : 0;
}
