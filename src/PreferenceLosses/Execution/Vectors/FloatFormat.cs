using System.Numerics;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Execution.Vectors;

/// <summary>The numbers that describe a precision, for code that takes numbers apart.</summary>
internal static class FloatFormat<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool IsSingle
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float);
    }

    /// <summary>The number of bits below the exponent.</summary>
    public static int MantissaBits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsSingle ? 23 : 52;
    }

    /// <summary>The exponent bits of 1.</summary>
    public static int Bias
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsSingle ? 127 : 1023;
    }

    /// <summary>2 to the number of mantissa bits: from there on numbers are integers.</summary>
    public static double IntegersFrom
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsSingle ? 8388608 : 4503599627370496;
    }

    public static double SmallestNormal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsSingle ? 1.17549435e-38f : 2.2250738585072014e-308;
    }
}
