using System.Runtime.Intrinsics;
using PreferenceLosses.LogProbabilities;

namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>e^d for d ≤ 0, as the loops over logits use it: over all floats of its range, with each vector.</summary>
public unsafe class ExponentialTests
{
    /// <summary>The bits of 88.03: above 0 floats are in the order of their bits.</summary>
    private static readonly uint Lowest = BitConverter.SingleToUInt32Bits(88.03f);

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void Every_1009th_float_is_within_the_bound(int bits) => IsWithinTheBound(bits, stride: 1009);

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    [Trait("Category", "Long")]
    public void Every_11th_float_is_within_the_bound(int bits) => IsWithinTheBound(bits, stride: 11);

    /// <summary>1.2 ulp down to e^(−87.3), which is a normal number; then what e^d is where it becomes 0, at −126.5·ln 2.</summary>
    private static void IsWithinTheBound(int bits, uint stride)
    {
        var d = stackalloc float[16];
        var e = stackalloc float[16];
        for (var start = 0UL; start <= Lowest; start += 16UL * stride)
        {
            for (var i = 0; i < 16; i++)
            {
                d[i] = -BitConverter.UInt32BitsToSingle((uint)Math.Min(start + ((ulong)i * stride), Lowest));
            }

            Exp(bits, d, e);
            for (var i = 0; i < 16; i++)
            {
                var exact = Math.Exp(d[i]);
                var ulp = Math.Pow(2, Math.Max(-126, Math.Floor(Math.Log2(exact))) - 23);
                var tolerance = d[i] >= -87.3f ? 1.2 * ulp : 8.4e-39;
                if (!(Math.Abs(e[i] - exact) <= tolerance))
                {
                    Assert.Fail(FormattableString.Invariant($"e^{d[i]:R} is {e[i]:R} with {bits} bits, {Math.Abs(e[i] - exact) / ulp:F3} ulp from {exact:R}."));
                }
            }
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void Ends(int bits)
    {
        var d = stackalloc float[16];
        var e = stackalloc float[16];
        new Span<float>(d, 16).Clear();
        d[1] = -88.03f;
        d[2] = float.NaN;
        Exp(bits, d, e);
        Assert.Equal(1, e[0]);
        Assert.Equal(0, e[1]);
        Assert.True(float.IsNaN(e[2]));
    }

    private static void Exp(int bits, float* d, float* e)
    {
        for (var i = 0; i < 16; i += bits / 32)
        {
            switch (bits)
            {
                case 512:
                    RowKernels<Width512, Vector512<float>, float>.Exp(Vector512.Load(d + i)).Store(e + i);
                    break;
                case 256:
                    RowKernels<Width256, Vector256<float>, float>.Exp(Vector256.Load(d + i)).Store(e + i);
                    break;
                default:
                    RowKernels<Width128, Vector128<float>, float>.Exp(Vector128.Load(d + i)).Store(e + i);
                    break;
            }
        }
    }
}
