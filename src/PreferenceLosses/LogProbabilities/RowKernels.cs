using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PreferenceLosses.LogProbabilities;

/// <summary>Σ e^d, Σ d·e^d and Σ e^2d over some logits, where d is the logit minus a maximum.</summary>
internal readonly record struct ExponentialSums(double Exponentials, double Moments, double Squares);

/// <summary>
/// The loops over logits: over a block that is in the first-level cache, so that looking for the maximum first costs no second
/// read of memory. They take whole strides of two vectors only, since a call in them for the rest would keep their sums in memory.
/// </summary>
/// <typeparam name="TWidth">The operations of the vector.</typeparam>
/// <typeparam name="TVector">The vector.</typeparam>
/// <typeparam name="TLogit"><see cref="float"/>, or <see cref="ushort"/> for the bits of bfloat16.</typeparam>
internal static unsafe class RowKernels<TWidth, TVector, TLogit>
    where TWidth : IVectorWidth<TVector>
    where TVector : struct
    where TLogit : unmanaged
{
    /// <summary>Logits per step.</summary>
    public static int Stride => 2 * TWidth.Count;

    /// <summary>e^d is 0 from −127·ln 2 on; −∞ is held here, so that d·e^d is 0 there.</summary>
    private const float Lowest = -88.03f;

    /// <summary>1.5·2²³ + 127: what it is added to is rounded to an integer, whose sum with 127, the exponent of 1, is then in the low bits.</summary>
    private const float Rounder = 12582912 + 127;

    /// <summary>How far ahead memory is asked for, in logits: a block.</summary>
    private const int Ahead = 2048;

    /// <summary>The largest logit; any one of them if some are NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Maximum(TLogit* logits, int count)
    {
        var first = TWidth.Broadcast(float.NegativeInfinity);
        var second = first;
        for (var i = 0; i < count; i += Stride)
        {
            Load(logits + i, out var a, out var b);
            first = TWidth.Max(first, a);
            second = TWidth.Max(second, b);
        }

        return TWidth.Maximum(TWidth.Max(first, second));
    }

    /// <summary>Σ e^(logit − maximum).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumOfExponentials(TLogit* logits, int count, float maximum)
    {
        var shift = TWidth.Broadcast(maximum);
        var first = TWidth.Broadcast(0);
        var second = first;
        for (var i = 0; i < count; i += Stride)
        {
            Prefetch(logits + i + Ahead);
            Load(logits + i, out var a, out var b);
            first = TWidth.Add(first, Exp(Difference(a, shift)));
            second = TWidth.Add(second, Exp(Difference(b, shift)));
        }

        return TWidth.Sum(TWidth.Add(first, second));
    }

    /// <summary>The same, bit for bit, and what entropy and Σ p² are made of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ExponentialSums SumsOfExponentials(TLogit* logits, int count, float maximum)
    {
        var shift = TWidth.Broadcast(maximum);
        var first = TWidth.Broadcast(0);
        var second = first;
        var moments = first;
        var squares = first;
        for (var i = 0; i < count; i += Stride)
        {
            Load(logits + i, out var a, out var b);
            a = Difference(a, shift);
            b = Difference(b, shift);
            var expA = Exp(a);
            var expB = Exp(b);
            first = TWidth.Add(first, expA);
            second = TWidth.Add(second, expB);
            moments = TWidth.MultiplyAdd(b, expB, TWidth.MultiplyAdd(a, expA, moments));
            squares = TWidth.MultiplyAdd(expB, expB, TWidth.MultiplyAdd(expA, expA, squares));
        }

        return new ExponentialSums(TWidth.Sum(TWidth.Add(first, second)), TWidth.Sum(moments), TWidth.Sum(squares));
    }

    /// <summary>scale · e^(logit − maximum) for each logit; the destination may be the logits' own memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaledExponentials(TLogit* logits, int count, float maximum, float scale, TLogit* destination)
    {
        var shift = TWidth.Broadcast(maximum);
        var factor = TWidth.Broadcast(scale);
        for (var i = 0; i < count; i += Stride)
        {
            Load(logits + i, out var a, out var b);
            Store(TWidth.Multiply(factor, Exp(Difference(a, shift))), TWidth.Multiply(factor, Exp(Difference(b, shift))), destination + i);
        }
    }

    /// <summary>
    /// e^d for d in [−88.03, 0], within 1.2 ulp from −87.3 on (0.9 with fused multiply-adds), and 0 below −87.69: e^d = 2ⁿ·e^r with |r| ≤ ln 2 / 2, and e^r by the
    /// polynomial of degree 6 (with 1 + r fixed) whose relative error is least, 3.1e-9. NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Exp(TVector d)
    {
        var shifted = TWidth.MultiplyAdd(d, TWidth.Broadcast(1.44269504f), TWidth.Broadcast(Rounder));
        var n = TWidth.Subtract(shifted, TWidth.Broadcast(Rounder));

        // ln 2 in two parts, of which the first has few digits: its product with n is exact.
        var r = TWidth.MultiplyAdd(n, TWidth.Broadcast(-0.693145752f), d);
        r = TWidth.MultiplyAdd(n, TWidth.Broadcast(-1.42860677e-6f), r);

        var p = TWidth.Broadcast(0.00138145401768f);
        p = TWidth.MultiplyAdd(p, r, TWidth.Broadcast(0.00836874510894f));
        p = TWidth.MultiplyAdd(p, r, TWidth.Broadcast(0.0416683907835f));
        p = TWidth.MultiplyAdd(p, r, TWidth.Broadcast(0.16666520399f));
        p = TWidth.MultiplyAdd(p, r, TWidth.Broadcast(0.499999934321f));
        p = TWidth.MultiplyAdd(p, r, TWidth.Broadcast(1));
        p = TWidth.MultiplyAdd(p, r, TWidth.Broadcast(1));

        // 2ⁿ as a number; n = −127 gives 0.
        return TWidth.Multiply(p, TWidth.LowBitsAsExponents(shifted));
    }

    /// <summary>logit − maximum, not below <see cref="Lowest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Difference(TVector logit, TVector maximum) => TWidth.Max(TWidth.Broadcast(Lowest), TWidth.Subtract(logit, maximum));

    /// <summary>
    /// Asks for the memory of a stride, so that the next block is on its way while this one is summed up: a third of the time for a row that is in
    /// no cache. It is a hint, which faults nowhere, and .NET has none for other processors.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(TLogit* logits)
    {
        if (Sse.IsSupported)
        {
            for (var offset = 0; offset < Stride; offset += 64 / sizeof(TLogit))
            {
                Sse.Prefetch0(logits + offset);
            }
        }
    }

    /// <summary>Two vectors: one after the other, or the even and the odd places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(TLogit* source, out TVector a, out TVector b)
    {
        if (typeof(TLogit) == typeof(float))
        {
            a = TWidth.Load((float*)source);
            b = TWidth.Load((float*)source + TWidth.Count);
        }
        else
        {
            TWidth.LoadPairs((ushort*)source, out a, out b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector a, TVector b, TLogit* destination)
    {
        if (typeof(TLogit) == typeof(float))
        {
            TWidth.Store(a, (float*)destination);
            TWidth.Store(b, (float*)destination + TWidth.Count);
        }
        else
        {
            TWidth.StorePairs(a, b, (ushort*)destination);
        }
    }
}
