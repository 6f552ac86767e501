namespace PreferenceLosses.LogProbabilities;

/// <summary>Logits and gradients one by one.</summary>
internal static unsafe class LogitElement
{
    public static float Read(byte* logits, LogitLayout layout, int row, int token)
    {
        var source = Address(logits, layout, row, token);
        return layout.Format switch
        {
            LogitFormat.Fp32 => *(float*)source,
            LogitFormat.Fp16 => (float)*(Half*)source,
            _ => BitConverter.UInt32BitsToSingle((uint)*(ushort*)source << 16),
        };
    }

    /// <summary>Rounds to the nearest number of the format, of two equally near ones to the one whose last bit is 0.</summary>
    public static void Write(byte* gradients, LogitLayout layout, int row, int token, float value)
    {
        var destination = Address(gradients, layout, row, token);
        switch (layout.Format)
        {
            case LogitFormat.Fp32:
                *(float*)destination = value;
                break;
            case LogitFormat.Fp16:
                *(Half*)destination = (Half)value;
                break;
            default:
                var bits = BitConverter.SingleToUInt32Bits(value);
                *(ushort*)destination = (ushort)((bits + ((bits >> 16) & 1) + 0x7FFF) >> 16);
                break;
        }
    }

    public static byte* Address(byte* origin, LogitLayout layout, int row, int token) => origin + (((row * layout.RowStride) + token) * layout.Size);
}
