using System.Numerics;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Execution.Vectors;

/// <summary>Vectors as wide as <see cref="Vector{T}"/>: 256 bits with AVX2, else 128.</summary>
internal readonly unsafe struct PlatformLanes<T>(Vector<T> value) : ILanes<PlatformLanes<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector<T> value = value;

    public static int Count => Vector<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Create(double value) => typeof(T) == typeof(float)
        ? new(Vector.As<float, T>(new Vector<float>((float)value)))
        : new(Vector.As<double, T>(new Vector<double>(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> CreateBits(long bits) => typeof(T) == typeof(float)
        ? new(Vector.As<int, T>(new Vector<int>((int)bits)))
        : new(Vector.As<long, T>(new Vector<long>(bits)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Load(T* source) => new(Vector.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(PlatformLanes<T> x, T* destination) => Vector.Store(x.value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator +(PlatformLanes<T> x, PlatformLanes<T> y) => new(x.value + y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator -(PlatformLanes<T> x, PlatformLanes<T> y) => new(x.value - y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator *(PlatformLanes<T> x, PlatformLanes<T> y) => new(x.value * y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator /(PlatformLanes<T> x, PlatformLanes<T> y) => new(x.value / y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator &(PlatformLanes<T> x, PlatformLanes<T> y) => new(x.value & y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator |(PlatformLanes<T> x, PlatformLanes<T> y) => new(x.value | y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator ^(PlatformLanes<T> x, PlatformLanes<T> y) => new(x.value ^ y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator -(PlatformLanes<T> x) => new(-x.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> operator ~(PlatformLanes<T> x) => new(~x.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> FusedMultiplyAdd(PlatformLanes<T> a, PlatformLanes<T> b, PlatformLanes<T> c) => typeof(T) == typeof(float)
        ? new(Vector.As<float, T>(Vector.FusedMultiplyAdd(Vector.As<T, float>(a.value), Vector.As<T, float>(b.value), Vector.As<T, float>(c.value))))
        : new(Vector.As<double, T>(Vector.FusedMultiplyAdd(Vector.As<T, double>(a.value), Vector.As<T, double>(b.value), Vector.As<T, double>(c.value))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Abs(PlatformLanes<T> x) => new(Vector.Abs(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Sqrt(PlatformLanes<T> x) => new(Vector.SquareRoot(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Min(PlatformLanes<T> x, PlatformLanes<T> y) => new(Vector.Min(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Max(PlatformLanes<T> x, PlatformLanes<T> y) => new(Vector.Max(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> HoldBelow(PlatformLanes<T> limit, PlatformLanes<T> x) => new(Vector.MinNative(limit.value, x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> HoldAbove(PlatformLanes<T> limit, PlatformLanes<T> x) => new(Vector.MaxNative(limit.value, x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Scale(PlatformLanes<T> x, PlatformLanes<T> n)
    {
        VectorFunctions<PlatformLanes<T>, T>.PowersOfTwo(n, out var low, out var high);
        return x * low * high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> ScaleTimes(PlatformLanes<T> x, PlatformLanes<T> n, PlatformLanes<T> b)
    {
        VectorFunctions<PlatformLanes<T>, T>.PowersOfTwo(n, out var low, out var high);
        return x * low * b * high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Less(PlatformLanes<T> x, PlatformLanes<T> y) => new(Vector.LessThan(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> LessOrEqual(PlatformLanes<T> x, PlatformLanes<T> y) => new(Vector.LessThanOrEqual(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Equal(PlatformLanes<T> x, PlatformLanes<T> y) => new(Vector.Equals(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreZero(PlatformLanes<T> x) => Vector.EqualsAll(x.value, Vector<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> Select(PlatformLanes<T> mask, PlatformLanes<T> then, PlatformLanes<T> otherwise) => new(Vector.ConditionalSelect(mask.value, then.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> AddBits(PlatformLanes<T> x, long bits) => AddBits(x, CreateBits(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> AddBits(PlatformLanes<T> x, PlatformLanes<T> y) => typeof(T) == typeof(float)
        ? new(Vector.As<int, T>(Vector.As<T, int>(x.value) + Vector.As<T, int>(y.value)))
        : new(Vector.As<long, T>(Vector.As<T, long>(x.value) + Vector.As<T, long>(y.value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> SubtractBits(PlatformLanes<T> x, PlatformLanes<T> y) => typeof(T) == typeof(float)
        ? new(Vector.As<int, T>(Vector.As<T, int>(x.value) - Vector.As<T, int>(y.value)))
        : new(Vector.As<long, T>(Vector.As<T, long>(x.value) - Vector.As<T, long>(y.value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> ShiftBitsLeft(PlatformLanes<T> x, int count) => typeof(T) == typeof(float)
        ? new(Vector.As<int, T>(Vector.As<T, int>(x.value) << count))
        : new(Vector.As<long, T>(Vector.As<T, long>(x.value) << count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlatformLanes<T> ShiftBitsRight(PlatformLanes<T> x, int count) => typeof(T) == typeof(float)
        ? new(Vector.As<int, T>(Vector.As<T, int>(x.value) >>> count))
        : new(Vector.As<long, T>(Vector.As<T, long>(x.value) >>> count));
}
