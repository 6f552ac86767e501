using System.Numerics;
using PreferenceLosses.Execution.Vectors;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Functions on vectors of any width as functions on spans of 16 numbers.</summary>
internal static unsafe class OnVectors<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>How many numbers a span holds: a multiple of every vector length.</summary>
    public const int Count = 16;

    public delegate void Function(ReadOnlySpan<T> x, Span<T> results);

    public static Function Of(Func<L, L> function) => (x, results) =>
    {
        fixed (T* source = x, destination = results)
        {
            for (var i = 0; i < Count; i += L.Count)
            {
                L.Store(function(L.Load(source + i)), destination + i);
            }
        }
    };

    /// <summary>The functions by name.</summary>
    public static Dictionary<string, Function> All { get; } = new()
    {
        ["exp"] = Of(VectorFunctions<L, T>.Exp),
        ["exp times"] = Of(x => VectorFunctions<L, T>.ExpTimes(x, L.Create(-0.7))),
        ["log"] = Of(VectorFunctions<L, T>.Log),
        ["log1p"] = Of(VectorFunctions<L, T>.Log1p),
        ["expm1"] = Of(VectorFunctions<L, T>.Expm1),
        ["log1mexp"] = Of(VectorFunctions<L, T>.Log1mExp),
        ["log1p of unit"] = Of(VectorFunctions<L, T>.Log1pOfUnit),
        ["tanh"] = Of(VectorFunctions<L, T>.Tanh),
    };
}
