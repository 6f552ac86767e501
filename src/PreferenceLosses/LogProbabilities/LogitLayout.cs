using System.Globalization;

namespace PreferenceLosses;

/// <summary>Where the logits of a row are: how many there are, how they are stored, and how far the next row is, in logits.</summary>
internal readonly record struct LogitLayout(LogitFormat Format, int Rows, int Vocabulary, long RowStride)
{
    /// <summary>The bytes of a logit.</summary>
    public int Size => Format == LogitFormat.Fp32 ? sizeof(float) : sizeof(ushort);

    /// <summary>The bytes from the first logit of the first row to the last one of the last row.</summary>
    public long Bytes => Rows == 0 ? 0 : (((Rows - 1) * RowStride) + Vocabulary) * Size;

    /// <summary>The layout of a span, whose last row may end with its last logit or with its stride.</summary>
    public static LogitLayout OfSpan(int length, LogitFormat format, int vocabulary, int rowStride)
    {
        var stride = CheckedStride(vocabulary, rowStride);
        var rows = (length + stride - vocabulary) / stride;
        return rows * stride == length || ((rows - 1) * stride) + vocabulary == length
            ? new LogitLayout(format, (int)rows, vocabulary, stride)
            : throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"There are {length} logits, which are no whole rows of {vocabulary} with a stride of {stride}."));
    }

    public static unsafe LogitLayout OfMemory(void* origin, LogitFormat format, int rows, int vocabulary, long rowStride)
    {
        if (!Enum.IsDefined(format))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "The format has to be Fp32, Fp16 or Bf16.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (origin == null && rows > 0)
        {
            throw new ArgumentNullException(nameof(origin));
        }

        return new LogitLayout(format, rows, vocabulary, CheckedStride(vocabulary, rowStride));
    }

    private static long CheckedStride(int vocabulary, long rowStride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, 1);
        if (rowStride != 0)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(rowStride, vocabulary);
        }

        return rowStride == 0 ? vocabulary : rowStride;
    }
}
