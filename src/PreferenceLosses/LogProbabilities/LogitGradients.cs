using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PreferenceLosses;

/// <summary>
/// Where gradients with respect to logits are written, [rows, vocabulary] row-major: the caller's memory, in the format of the logits. It
/// may be the logits' own (with the same stride), which are then overwritten; otherwise the two may not overlap.
/// </summary>
/// <remarks>
/// Rows that do not count get zeros. Gradients are computed in single precision and rounded to the nearest number of the format;
/// what is beyond its range becomes ∞ (in half precision from 65,520 on). What lies between rows is not written.
/// </remarks>
public readonly unsafe ref struct LogitGradients
{
    private LogitGradients(ref byte origin, LogitLayout layout)
    {
        Origin = ref origin;
        Layout = layout;
    }

    /// <summary>The number of rows.</summary>
    public int Rows => Layout.Rows;

    /// <summary>The number of logits per row.</summary>
    public int Vocabulary => Layout.Vocabulary;

    /// <summary>How a gradient is stored.</summary>
    public LogitFormat Format => Layout.Format;

    internal readonly ref byte Origin;

    internal readonly LogitLayout Layout;

    /// <summary>Gradients in single precision.</summary>
    /// <param name="values">The rows one after another.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">The length is not that of whole rows.</exception>
    public static LogitGradients Of(Span<float> values, int vocabulary, int rowStride = 0) => Of(values, LogitFormat.Fp32, vocabulary, rowStride);

    /// <summary>Gradients in half precision.</summary>
    /// <param name="values">The rows one after another.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">The length is not that of whole rows.</exception>
    public static LogitGradients Of(Span<Half> values, int vocabulary, int rowStride = 0) => Of(values, LogitFormat.Fp16, vocabulary, rowStride);

    /// <summary>Gradients in bfloat16.</summary>
    /// <param name="bits">The bits of the numbers, the rows one after another.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">The length is not that of whole rows.</exception>
    public static LogitGradients OfBFloat16(Span<ushort> bits, int vocabulary, int rowStride = 0) => Of(bits, LogitFormat.Bf16, vocabulary, rowStride);

    /// <summary>Gradients in memory that does not move; see <see cref="Logits.At"/>.</summary>
    /// <param name="origin">The first gradient of the first row.</param>
    /// <param name="format">How a gradient is stored.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    /// <param name="rowStride">The distance from a row to the next one, in logits; 0 if the rows have nothing between them.</param>
    /// <exception cref="ArgumentException">A number is not possible.</exception>
    public static LogitGradients At(void* origin, LogitFormat format, int rows, int vocabulary, long rowStride = 0) =>
        new(ref Unsafe.AsRef<byte>(origin), LogitLayout.OfMemory(origin, format, rows, vocabulary, rowStride));

    private static LogitGradients Of<T>(Span<T> values, LogitFormat format, int vocabulary, int rowStride)
        where T : unmanaged =>
        new(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(values)), LogitLayout.OfSpan(values.Length, format, vocabulary, rowStride));
}
