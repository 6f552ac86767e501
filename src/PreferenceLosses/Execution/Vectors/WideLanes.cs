using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PreferenceLosses.Execution.Vectors;

/// <summary>Vectors of 512 bits.</summary>
internal readonly unsafe struct WideLanes<T>(Vector512<T> value) : ILanes<WideLanes<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector512<T> value = value;

    public static int Count => Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Create(double value) => typeof(T) == typeof(float)
        ? new(Vector512.As<float, T>(Vector512.Create((float)value)))
        : new(Vector512.As<double, T>(Vector512.Create(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> CreateBits(long bits) => typeof(T) == typeof(float)
        ? new(Vector512.As<int, T>(Vector512.Create((int)bits)))
        : new(Vector512.As<long, T>(Vector512.Create(bits)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Load(T* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(WideLanes<T> x, T* destination) => Vector512.Store(x.value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator +(WideLanes<T> x, WideLanes<T> y) => new(x.value + y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator -(WideLanes<T> x, WideLanes<T> y) => new(x.value - y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator *(WideLanes<T> x, WideLanes<T> y) => new(x.value * y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator /(WideLanes<T> x, WideLanes<T> y) => new(x.value / y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator &(WideLanes<T> x, WideLanes<T> y) => new(x.value & y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator |(WideLanes<T> x, WideLanes<T> y) => new(x.value | y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator ^(WideLanes<T> x, WideLanes<T> y) => new(x.value ^ y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator -(WideLanes<T> x) => new(-x.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> operator ~(WideLanes<T> x) => new(~x.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> FusedMultiplyAdd(WideLanes<T> a, WideLanes<T> b, WideLanes<T> c) => typeof(T) == typeof(float)
        ? new(Vector512.As<float, T>(Vector512.FusedMultiplyAdd(Vector512.As<T, float>(a.value), Vector512.As<T, float>(b.value), Vector512.As<T, float>(c.value))))
        : new(Vector512.As<double, T>(Vector512.FusedMultiplyAdd(Vector512.As<T, double>(a.value), Vector512.As<T, double>(b.value), Vector512.As<T, double>(c.value))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Abs(WideLanes<T> x) => new(Vector512.Abs(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Sqrt(WideLanes<T> x) => new(Vector512.Sqrt(x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Min(WideLanes<T> x, WideLanes<T> y) => new(Vector512.Min(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Max(WideLanes<T> x, WideLanes<T> y) => new(Vector512.Max(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> HoldBelow(WideLanes<T> limit, WideLanes<T> x) => new(Vector512.MinNative(limit.value, x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> HoldAbove(WideLanes<T> limit, WideLanes<T> x) => new(Vector512.MaxNative(limit.value, x.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Scale(WideLanes<T> x, WideLanes<T> n)
    {
        if (Avx512F.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? new(Vector512.As<float, T>(Avx512F.Scale(Vector512.As<T, float>(x.value), Vector512.As<T, float>(n.value))))
                : new(Vector512.As<double, T>(Avx512F.Scale(Vector512.As<T, double>(x.value), Vector512.As<T, double>(n.value))));
        }

        VectorFunctions<WideLanes<T>, T>.PowersOfTwo(n, out var low, out var high);
        return x * low * high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> ScaleTimes(WideLanes<T> x, WideLanes<T> n, WideLanes<T> b)
    {
        if (Avx512F.IsSupported)
        {
            var half = new WideLanes<T>(typeof(T) == typeof(float)
                ? Vector512.As<float, T>(Vector512.Floor(Vector512.As<T, float>(n.value) * 0.5f))
                : Vector512.As<double, T>(Vector512.Floor(Vector512.As<T, double>(n.value) * 0.5)));
            return Scale(Scale(x, half) * b, n - half);
        }

        VectorFunctions<WideLanes<T>, T>.PowersOfTwo(n, out var low, out var high);
        return x * low * b * high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Less(WideLanes<T> x, WideLanes<T> y) => new(Vector512.LessThan(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> LessOrEqual(WideLanes<T> x, WideLanes<T> y) => new(Vector512.LessThanOrEqual(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Equal(WideLanes<T> x, WideLanes<T> y) => new(Vector512.Equals(x.value, y.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreZero(WideLanes<T> x) => Vector512.EqualsAll(x.value, Vector512<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> Select(WideLanes<T> mask, WideLanes<T> then, WideLanes<T> otherwise) => new(Vector512.ConditionalSelect(mask.value, then.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> AddBits(WideLanes<T> x, long bits) => AddBits(x, CreateBits(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> AddBits(WideLanes<T> x, WideLanes<T> y) => typeof(T) == typeof(float)
        ? new(Vector512.As<int, T>(Vector512.As<T, int>(x.value) + Vector512.As<T, int>(y.value)))
        : new(Vector512.As<long, T>(Vector512.As<T, long>(x.value) + Vector512.As<T, long>(y.value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> SubtractBits(WideLanes<T> x, WideLanes<T> y) => typeof(T) == typeof(float)
        ? new(Vector512.As<int, T>(Vector512.As<T, int>(x.value) - Vector512.As<T, int>(y.value)))
        : new(Vector512.As<long, T>(Vector512.As<T, long>(x.value) - Vector512.As<T, long>(y.value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> ShiftBitsLeft(WideLanes<T> x, int count) => typeof(T) == typeof(float)
        ? new(Vector512.As<int, T>(Vector512.As<T, int>(x.value) << count))
        : new(Vector512.As<long, T>(Vector512.As<T, long>(x.value) << count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> ShiftBitsRight(WideLanes<T> x, int count) => typeof(T) == typeof(float)
        ? new(Vector512.As<int, T>(Vector512.As<T, int>(x.value) >>> count))
        : new(Vector512.As<long, T>(Vector512.As<T, long>(x.value) >>> count));
}
