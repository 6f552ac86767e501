using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using PreferenceLosses.Execution.Vectors;

namespace PreferenceLosses.Execution.Generation;

/// <summary>A phase as machine code.</summary>
/// <param name="Segments">Its parts, in order.</param>
/// <param name="Columns">The columns that it reads.</param>
/// <param name="Buffers">The row buffers that it reads or writes.</param>
/// <param name="Outputs">The outputs that it writes.</param>
internal sealed record GeneratedPhase(ImmutableArray<SegmentCode> Segments, ImmutableArray<int> Columns, ImmutableArray<int> Buffers, ImmutableArray<int> Outputs);

/// <summary>The phases of a program as machine code, for programs without responses.</summary>
/// <param name="phases">Each phase.</param>
internal sealed class GeneratedCode(ImmutableArray<GeneratedPhase> phases)
{
    /// <summary>
    /// How many rows a program works on before code is generated, which takes some milliseconds: what the interpreter needs
    /// for about this many rows.
    /// </summary>
    public const long RowsBeforeGeneration = 1 << 19;

    /// <summary>The switch by which an application says no; the interpreter then does all the work, with the same digits.</summary>
    private const string Switch = "PreferenceLosses.GeneratesCode";

    /// <summary>Whether code can be generated here and the application has not said no.</summary>
    [FeatureGuard(typeof(RequiresDynamicCodeAttribute))]
    public static bool IsSupported { get; } =
        RuntimeFeature.IsDynamicCodeCompiled && (!AppContext.TryGetSwitch(Switch, out var isOn) || isOn);

    public GeneratedPhase this[int phase] => phases[phase];

    [RequiresDynamicCode("Generates machine code.")]
    public static GeneratedCode Of<L, T>(MachineCode code)
        where L : struct, ILanes<L, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        new([.. SegmentPlanner.Plan(code).Select(Of<L, T>)]);

    [RequiresDynamicCode("Generates machine code.")]
    private static GeneratedPhase Of<L, T>(ImmutableArray<Segment> segments)
        where L : struct, ILanes<L, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var loads = segments.SelectMany(s => s.Instructions.Concat(s.Inputs)).Where(i => i.IsLoad).ToList();
        return new GeneratedPhase(
            [.. segments.Select(SegmentWriter<L, T>.Write)],
            [.. loads.Where(i => !i.LoadsBuffer).Select(i => i.Source).Distinct()],
            [.. loads.Where(i => i.LoadsBuffer).Select(i => i.Source).Concat(segments.SelectMany(s => s.Buffers).Select(b => b.Target)).Distinct()],
            [.. segments.SelectMany(s => s.Outputs).Select(o => o.Target)]);
    }
}
