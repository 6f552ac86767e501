using System.Collections.Immutable;

namespace PreferenceLosses.Execution.Generation;

/// <summary>A part of a phase that becomes one loop: small enough for the just-in-time compiler to keep its values in the processor's registers.</summary>
/// <param name="Instructions">What is computed.</param>
/// <param name="Inputs">Columns and row buffers that an earlier segment loaded and this one reads again.</param>
/// <param name="Kept">Offsets of registers that are read later: by another segment, another phase, or a reduction.</param>
/// <param name="Buffers">What goes into row buffers.</param>
/// <param name="Outputs">What goes into the caller's spans.</param>
internal sealed record Segment(
    ImmutableArray<MachineInstruction> Instructions,
    ImmutableArray<MachineInstruction> Inputs,
    ImmutableArray<int> Kept,
    ImmutableArray<MachineStore> Buffers,
    ImmutableArray<MachineStore> Outputs);
