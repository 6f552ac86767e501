using System.Runtime.Intrinsics;
using PreferenceLosses.LogProbabilities;

namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>bfloat16 in and out, with each vector: all of its numbers, and what lies between them.</summary>
public unsafe class BFloat16Tests
{
    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void Every_number_comes_out_as_it_went_in(int bits)
    {
        var (source, result) = (new ushort[65536], new ushort[65536]);
        for (var i = 0; i < source.Length; i++)
        {
            source[i] = (ushort)i;
        }

        var floats = new float[65536];
        for (var i = 0; i < source.Length; i += 32)
        {
            Load(bits, source.AsSpan(i, 32), floats.AsSpan(i, 32));
            Store(bits, floats.AsSpan(i, 32), result.AsSpan(i, 32));
        }

        for (var i = 0; i < source.Length; i++)
        {
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(floats[i]));
            Assert.True(result[i] == source[i] || float.IsNaN(floats[i]), $"{source[i]:X4} became {result[i]:X4}.");
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void What_lies_between_goes_to_the_nearest_and_a_tie_to_the_even_one(int bits)
    {
        var (values, result) = (new float[32], new ushort[32]);

        // From each number a little less than half of the way to the next one, half of it, and a little more; also to ∞, and with either sign.
        for (var lower = 0u; lower < 0x7F80; lower += 7)
        {
            for (var i = 0; i < 32; i++)
            {
                var sign = i % 2 == 0 ? 0 : 0x80000000;
                values[i] = BitConverter.UInt32BitsToSingle(sign | (lower + (uint)(i / 8)) << 16 | (uint)(0x7FFF + (i / 2 % 3)));
            }

            Store(bits, values, result);
            for (var i = 0; i < 32; i++)
            {
                var number = lower + (uint)(i / 8);
                var isUp = (i / 2 % 3) switch { 0 => false, 1 => number % 2 == 1, _ => true };
                var expected = (ushort)((i % 2 == 0 ? 0u : 0x8000u) | (isUp ? number + 1 : number));
                if (!float.IsNaN(values[i]) && expected != result[i])
                {
                    Assert.Fail($"{values[i]:R} became {result[i]:X4}, and {expected:X4} was expected, with {bits} bits.");
                }
            }
        }
    }

    /// <summary>Widens 32 numbers; the pairs of even and odd places are put back in order.</summary>
    private static void Load(int bits, ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var (even, odd) = (new float[16], new float[16]);
        fixed (ushort* from = source)
        {
            var count = bits / 32;
            for (var i = 0; i < 16; i += count)
            {
                switch (bits)
                {
                    case 512:
                        Width512.LoadPairs(from, out var e512, out var o512);
                        e512.CopyTo(even);
                        o512.CopyTo(odd);
                        break;
                    case 256:
                        Width256.LoadPairs(from + (2 * i), out var e256, out var o256);
                        e256.CopyTo(even, i);
                        o256.CopyTo(odd, i);
                        break;
                    default:
                        Width128.LoadPairs(from + (2 * i), out var e128, out var o128);
                        e128.CopyTo(even, i);
                        o128.CopyTo(odd, i);
                        break;
                }
            }
        }

        for (var i = 0; i < 16; i++)
        {
            (destination[2 * i], destination[(2 * i) + 1]) = (even[i], odd[i]);
        }
    }

    private static void Store(int bits, ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var (even, odd) = (new float[16], new float[16]);
        for (var i = 0; i < 16; i++)
        {
            (even[i], odd[i]) = (source[2 * i], source[(2 * i) + 1]);
        }

        fixed (ushort* to = destination)
        {
            for (var i = 0; i < 16; i += bits / 32)
            {
                switch (bits)
                {
                    case 512:
                        Width512.StorePairs(Vector512.Create(even), Vector512.Create(odd), to);
                        break;
                    case 256:
                        Width256.StorePairs(Vector256.Create(even, i), Vector256.Create(odd, i), to + (2 * i));
                        break;
                    default:
                        Width128.StorePairs(Vector128.Create(even, i), Vector128.Create(odd, i), to + (2 * i));
                        break;
                }
            }
        }
    }
}
