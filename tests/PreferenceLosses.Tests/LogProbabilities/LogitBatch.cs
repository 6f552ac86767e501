namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>
/// Logits in a format, in memory that has NaN before the first row, between rows and after the last one: what is read there shows, and
/// what is written there is noticed.
/// </summary>
internal sealed class LogitBatch
{
    private const int Margin = 8;

    private readonly float[] single;
    private readonly Half[] half;
    private readonly ushort[] bits;
    private readonly int start;
    private readonly int length;

    /// <summary>Logits rounded to the format; rows × vocabulary, row-major.</summary>
    public LogitBatch(LogitFormat format, double[] values, int vocabulary, int gap = 0, int offset = 0)
    {
        Format = format;
        Vocabulary = vocabulary;
        Rows = values.Length / vocabulary;
        Stride = vocabulary + gap;
        start = Margin + offset;
        length = Rows == 0 ? 0 : ((Rows - 1) * Stride) + vocabulary;
        var size = start + length + Margin;
        single = Filled(format == LogitFormat.Fp32 ? size : 0, float.NaN);
        half = Filled(format == LogitFormat.Fp16 ? size : 0, Half.NaN);
        bits = Filled(format == LogitFormat.Bf16 ? size : 0, (ushort)0x7FC0);
        for (var i = 0; i < values.Length; i++)
        {
            Set(At(i), values[i]);
        }
    }

    public LogitFormat Format { get; }

    public int Rows { get; }

    public int Vocabulary { get; }

    public int Stride { get; }

    public Logits View => Format switch
    {
        LogitFormat.Fp32 => Logits.Of(single.AsSpan(start, length), Vocabulary, Stride),
        LogitFormat.Fp16 => Logits.Of(half.AsSpan(start, length), Vocabulary, Stride),
        _ => Logits.OfBFloat16(bits.AsSpan(start, length), Vocabulary, Stride),
    };

    /// <summary>The same memory, to be written.</summary>
    public LogitGradients Gradients => Format switch
    {
        LogitFormat.Fp32 => LogitGradients.Of(single.AsSpan(start, length), Vocabulary, Stride),
        LogitFormat.Fp16 => LogitGradients.Of(half.AsSpan(start, length), Vocabulary, Stride),
        _ => LogitGradients.OfBFloat16(bits.AsSpan(start, length), Vocabulary, Stride),
    };

    /// <summary>The numbers that are there, rows × vocabulary.</summary>
    public double[] Values => [.. Enumerable.Range(0, Rows * Vocabulary).Select(i => Get(At(i)))];

    /// <summary>Half of the distance between 1 and the next number.</summary>
    public double HalfUlp => Math.Pow(2, Format switch { LogitFormat.Fp32 => -24, LogitFormat.Fp16 => -11, _ => -8 });

    /// <summary>Half of the smallest number above 0.</summary>
    public double HalfOfSmallest => Math.Pow(2, Format switch { LogitFormat.Fp32 => -150, LogitFormat.Fp16 => -25, _ => -134 });

    /// <summary>The same logits, or gradients of them, in other memory.</summary>
    public LogitBatch Copy(int gap = 0, int offset = 0) => new(Format, Values, Vocabulary, gap, offset);

    /// <summary>Some of the rows, in a chosen order.</summary>
    public LogitBatch Select(IEnumerable<int> rows) => new(Format, [.. rows.SelectMany(row => Values.Skip(row * Vocabulary).Take(Vocabulary))], Vocabulary);

    public void AssertNothingBesideWasWritten()
    {
        for (var i = 0; i < start + length + Margin; i++)
        {
            var inRow = i >= start && i < start + length && (i - start) % Stride < Vocabulary;
            if (!inRow && !double.IsNaN(Get(i)))
            {
                Assert.Fail($"Something was written at {i - start} with {Rows} rows of {Vocabulary} and a stride of {Stride}.");
            }
        }
    }

    private static T[] Filled<T>(int size, T value)
    {
        var array = new T[size];
        Array.Fill(array, value);
        return array;
    }

    private int At(int i) => start + (i / Vocabulary * Stride) + (i % Vocabulary);

    private double Get(int i) => Format switch
    {
        LogitFormat.Fp32 => single[i],
        LogitFormat.Fp16 => (double)half[i],
        _ => BitConverter.UInt32BitsToSingle((uint)bits[i] << 16),
    };

    private void Set(int i, double value)
    {
        switch (Format)
        {
            case LogitFormat.Fp32:
                single[i] = (float)value;
                break;
            case LogitFormat.Fp16:
                half[i] = (Half)value;
                break;
            default:
                // Cut off, not rounded: any number in the format will do.
                bits[i] = (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16);
                break;
        }
    }
}
