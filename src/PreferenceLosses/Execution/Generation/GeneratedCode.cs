using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using PreferenceLosses.Execution.Vectors;

namespace PreferenceLosses.Execution.Generation;

/// <summary>The phases of a program as machine code, for programs without responses.</summary>
/// <param name="phases">The segments of each phase.</param>
internal sealed class GeneratedCode(ImmutableArray<ImmutableArray<SegmentCode>> phases)
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

    public ImmutableArray<SegmentCode> this[int phase] => phases[phase];

    [RequiresDynamicCode("Generates machine code.")]
    public static GeneratedCode Of<L, T>(MachineCode code)
        where L : struct, ILanes<L, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        new([.. SegmentPlanner.Plan(code).Select(segments => segments.Select(SegmentWriter<L, T>.Write).ToImmutableArray())]);
}
