namespace PreferenceLosses.Execution.Generation;

/// <summary>Generated machine code for a part of a phase, over whole vectors of rows of one block.</summary>
/// <param name="columns">One pointer per column of the program, to the first row of the block.</param>
/// <param name="outputs">One pointer per output of the program, to the first row of the block.</param>
/// <param name="buffers">One pointer per row buffer of the program, to the first row of the block.</param>
/// <param name="memory">The scalars and the registers (<see cref="MachineCode"/>).</param>
/// <param name="block">The number of the first row of the block.</param>
/// <param name="first">The first row to compute, counted in the block.</param>
/// <param name="end">The row to stop at; a whole number of vectors after the first.</param>
internal unsafe delegate void SegmentCode(void** columns, void** outputs, void** buffers, void* memory, nint block, nint first, nint end);
