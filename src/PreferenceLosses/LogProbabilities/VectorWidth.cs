using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PreferenceLosses.LogProbabilities;

/// <summary>
/// What the row kernels need of single-precision vectors, so that they are written once for every width. <c>Vector&lt;T&gt;</c>
/// has 256 bits also where the processor has 512.
/// </summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface IVectorWidth<TVector>
{
    static abstract int Count { get; }

    static abstract TVector Broadcast(float value);

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* destination);

    /// <summary>
    /// Widens as many pairs of numbers in bfloat16, which is the upper half of single precision. Taking those at even places and those at odd
    /// ones costs one operation for each of the two vectors.
    /// </summary>
    static abstract void LoadPairs(ushort* source, out TVector even, out TVector odd);

    /// <summary>Rounds to bfloat16, to nearest and ties to even, and stores pairs; what is beyond its range becomes ∞.</summary>
    static abstract void StorePairs(TVector even, TVector odd, ushort* destination);

    /// <summary>The larger one; b where one of the two is NaN, or NaN.</summary>
    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a·b + c, rounded once where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The numbers whose exponents are the low bits of these: the bits shifted to the left by 23.</summary>
    static abstract TVector LowBitsAsExponents(TVector value);

    static abstract float Sum(TVector value);

    static abstract float Maximum(TVector value);
}

internal readonly unsafe struct Width512 : IVectorWidth<Vector512<float>>
{
    public static int Count => Vector512<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPairs(ushort* source, out Vector512<float> even, out Vector512<float> odd)
    {
        var pairs = Vector512.Load(source).AsUInt32();
        even = (pairs << 16).AsSingle();
        odd = (pairs & Vector512.Create(0xFFFF0000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(Vector512<float> even, Vector512<float> odd, ushort* destination) =>
        ((RoundToUpperHalf(even) >> 16) | (RoundToUpperHalf(odd) & Vector512.Create(0xFFFF0000))).AsUInt16().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LowBitsAsExponents(Vector512<float> value) => (value.AsUInt32() << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(Vector512<float> value) => Width256.Maximum(Vector256.MaxNative(value.GetLower(), value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToUpperHalf(Vector512<float> value)
    {
        var bits = value.AsUInt32();
        return bits + ((bits >> 16) & Vector512<uint>.One) + Vector512.Create(0x7FFFu);
    }
}

internal readonly unsafe struct Width256 : IVectorWidth<Vector256<float>>
{
    public static int Count => Vector256<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPairs(ushort* source, out Vector256<float> even, out Vector256<float> odd)
    {
        var pairs = Vector256.Load(source).AsUInt32();
        even = (pairs << 16).AsSingle();
        odd = (pairs & Vector256.Create(0xFFFF0000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(Vector256<float> even, Vector256<float> odd, ushort* destination) =>
        ((RoundToUpperHalf(even) >> 16) | (RoundToUpperHalf(odd) & Vector256.Create(0xFFFF0000))).AsUInt16().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LowBitsAsExponents(Vector256<float> value) => (value.AsUInt32() << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(Vector256<float> value) => Width128.Maximum(Vector128.MaxNative(value.GetLower(), value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RoundToUpperHalf(Vector256<float> value)
    {
        var bits = value.AsUInt32();
        return bits + ((bits >> 16) & Vector256<uint>.One) + Vector256.Create(0x7FFFu);
    }
}

internal readonly unsafe struct Width128 : IVectorWidth<Vector128<float>>
{
    public static int Count => Vector128<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPairs(ushort* source, out Vector128<float> even, out Vector128<float> odd)
    {
        var pairs = Vector128.Load(source).AsUInt32();
        even = (pairs << 16).AsSingle();
        odd = (pairs & Vector128.Create(0xFFFF0000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(Vector128<float> even, Vector128<float> odd, ushort* destination) =>
        ((RoundToUpperHalf(even) >> 16) | (RoundToUpperHalf(odd) & Vector128.Create(0xFFFF0000))).AsUInt16().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LowBitsAsExponents(Vector128<float> value) => (value.AsUInt32() << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> value) => Vector128.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(Vector128<float> value) => MathF.Max(MathF.Max(value[0], value[1]), MathF.Max(value[2], value[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RoundToUpperHalf(Vector128<float> value)
    {
        var bits = value.AsUInt32();
        return bits + ((bits >> 16) & Vector128<uint>.One) + Vector128.Create(0x7FFFu);
    }
}
