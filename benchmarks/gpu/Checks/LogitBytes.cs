using System.Runtime.InteropServices;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>Logits in the formats of a device.</summary>
internal static class LogitBytes
{
    /// <summary>Bytes per logit.</summary>
    public static int Size(LogitFormat format) => format == LogitFormat.Fp32 ? 4 : 2;

    /// <summary>The bytes of values, rounded to nearest even.</summary>
    public static byte[] Encode(ReadOnlySpan<float> values, LogitFormat format)
    {
        var bytes = new byte[values.Length * Size(format)];
        for (var i = 0; i < values.Length; i++)
        {
            switch (format)
            {
                case LogitFormat.Fp16:
                    MemoryMarshal.Cast<byte, Half>(bytes.AsSpan())[i] = (Half)values[i];
                    break;
                case LogitFormat.Bf16:
                    var bits = BitConverter.SingleToUInt32Bits(values[i]);
                    MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan())[i] = float.IsNaN(values[i]) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
                    break;
                default:
                    MemoryMarshal.Cast<byte, float>(bytes.AsSpan())[i] = values[i];
                    break;
            }
        }

        return bytes;
    }

    /// <summary>The values of bytes.</summary>
    public static float[] Decode(ReadOnlySpan<byte> bytes, LogitFormat format)
    {
        var values = new float[bytes.Length / Size(format)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = format switch
            {
                LogitFormat.Fp16 => (float)MemoryMarshal.Cast<byte, Half>(bytes)[i],
                LogitFormat.Bf16 => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Cast<byte, ushort>(bytes)[i] << 16),
                _ => MemoryMarshal.Cast<byte, float>(bytes)[i],
            };
        }

        return values;
    }
}
