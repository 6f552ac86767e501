using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PreferenceLosses;

/// <summary>How a logit is stored.</summary>
public enum LogitFormat
{
    /// <summary>Single precision.</summary>
    Fp32,

    /// <summary>IEEE half precision, <see cref="System.Half"/>.</summary>
    Fp16,

    /// <summary>bfloat16, the upper 16 bits of single precision, as bits.</summary>
    Bf16,
}

/// <summary>
/// Logits, [rows, vocabulary] row-major: the scores before the softmax, one row per predicted token. A view of the caller's
/// memory, which is neither copied nor kept.
/// </summary>
/// <remarks>
/// A logit may be −∞ (a token that cannot come: its probability and its gradient are 0). NaN and ∞ are refused, and so is a row
/// in which every logit is −∞; rows that do not count are not read.
/// </remarks>
public readonly unsafe ref struct Logits
{
    private Logits(ref readonly byte origin, LogitLayout layout)
    {
        Origin = ref origin;
        Layout = layout;
    }

    /// <summary>The number of rows.</summary>
    public int Rows => Layout.Rows;

    /// <summary>The number of logits per row.</summary>
    public int Vocabulary => Layout.Vocabulary;

    /// <summary>How a logit is stored.</summary>
    public LogitFormat Format => Layout.Format;

    internal readonly ref readonly byte Origin;

    internal readonly LogitLayout Layout;

    /// <summary>Logits in single precision.</summary>
    /// <param name="values">The rows one after another.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">The length is not that of whole rows.</exception>
    public static Logits Of(ReadOnlySpan<float> values, int vocabulary, int rowStride = 0) => Of(values, LogitFormat.Fp32, vocabulary, rowStride);

    /// <summary>Logits in half precision.</summary>
    /// <param name="values">The rows one after another.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">The length is not that of whole rows.</exception>
    public static Logits Of(ReadOnlySpan<Half> values, int vocabulary, int rowStride = 0) => Of(values, LogitFormat.Fp16, vocabulary, rowStride);

    /// <summary>Logits in bfloat16.</summary>
    /// <param name="bits">The bits of the numbers, the rows one after another.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">The length is not that of whole rows.</exception>
    public static Logits OfBFloat16(ReadOnlySpan<ushort> bits, int vocabulary, int rowStride = 0) => Of(bits, LogitFormat.Bf16, vocabulary, rowStride);

    /// <summary>Logits in memory that does not move, for those that are more than a span can hold (2³¹ − 1).</summary>
    /// <param name="origin">The first logit of the first row. The memory has to live as long as this value is used.</param>
    /// <param name="format">How a logit is stored.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">A number is not possible.</exception>
    public static Logits At(void* origin, LogitFormat format, int rows, int vocabulary, long rowStride = 0) =>
        new(ref Unsafe.AsRef<byte>(origin), LogitLayout.OfMemory(origin, format, rows, vocabulary, rowStride));

    private static Logits Of<T>(ReadOnlySpan<T> values, LogitFormat format, int vocabulary, int rowStride)
        where T : unmanaged =>
        new(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(values)), LogitLayout.OfSpan(values.Length, format, vocabulary, rowStride));
}
