using System.Numerics;

namespace PreferenceLosses.Execution.Vectors;

/// <summary>A vector of numbers, as wide as the machine has them: what kernels are written in, once for all widths.</summary>
/// <remarks>
/// A comparison gives a mask, all bits of a lane or none. Each lane is computed alone and alike in every width, so the digits
/// of a result depend neither on its neighbours nor on the machine's vectors.
/// </remarks>
internal unsafe interface ILanes<TSelf, T> :
    IAdditionOperators<TSelf, TSelf, TSelf>,
    ISubtractionOperators<TSelf, TSelf, TSelf>,
    IMultiplyOperators<TSelf, TSelf, TSelf>,
    IDivisionOperators<TSelf, TSelf, TSelf>,
    IUnaryNegationOperators<TSelf, TSelf>,
    IBitwiseOperators<TSelf, TSelf, TSelf>
    where TSelf : struct, ILanes<TSelf, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>The number, rounded to the precision, in every lane.</summary>
    static abstract TSelf Create(double value);

    static abstract TSelf Load(T* source);

    static abstract void Store(TSelf x, T* destination);

    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Abs(TSelf x);

    static abstract TSelf Sqrt(TSelf x);

    /// <summary>NaN if either is NaN.</summary>
    static abstract TSelf Min(TSelf x, TSelf y);

    /// <summary>NaN if either is NaN.</summary>
    static abstract TSelf Max(TSelf x, TSelf y);

    /// <summary>The smaller of a limit, which is a number, and x; NaN if x is.</summary>
    static abstract TSelf HoldBelow(TSelf limit, TSelf x);

    /// <summary>The larger of a limit, which is a number, and x; NaN if x is.</summary>
    static abstract TSelf HoldAbove(TSelf limit, TSelf x);

    /// <summary>x · 2ⁿ, rounded once, for integers n.</summary>
    static abstract TSelf Scale(TSelf x, TSelf n);

    /// <summary>x · 2ⁿ · b for integers n, with b between two factors of 2ⁿ, the first of which is 2 to the power of ⌊n/2⌋: no part overflows unless the result does.</summary>
    static abstract TSelf ScaleTimes(TSelf x, TSelf n, TSelf b);

    static abstract TSelf Less(TSelf x, TSelf y);

    static abstract TSelf LessOrEqual(TSelf x, TSelf y);

    static abstract TSelf Equal(TSelf x, TSelf y);

    /// <summary>Whether every lane is 0.</summary>
    static abstract bool AreZero(TSelf x);

    static abstract TSelf Select(TSelf mask, TSelf then, TSelf otherwise);

    /// <summary>Adds an integer to the bits of each lane.</summary>
    static abstract TSelf AddBits(TSelf x, long bits);

    /// <summary>Adds the bits of the lanes as integers.</summary>
    static abstract TSelf AddBits(TSelf x, TSelf y);

    /// <summary>Subtracts the bits of the lanes as integers.</summary>
    static abstract TSelf SubtractBits(TSelf x, TSelf y);

    static abstract TSelf ShiftBitsLeft(TSelf x, int count);

    /// <summary>Shifts zeros in.</summary>
    static abstract TSelf ShiftBitsRight(TSelf x, int count);

    /// <summary>The lanes whose bits are these.</summary>
    static abstract TSelf CreateBits(long bits);
}
