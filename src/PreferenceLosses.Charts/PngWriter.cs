using System.Buffers.Binary;
using System.IO.Compression;

namespace PreferenceLosses.Charts;

/// <summary>Writes a picture of at most 256 colours as PNG (ISO/IEC 15948): eight bits a pixel, which are the number of a colour.</summary>
internal static class PngWriter
{
    private const byte BitsPerPixel = 8;
    private const byte Indexed = 3;
    private const byte NoFilter = 0;

    // The polynomial of ISO 3309, its lowest power at the highest bit.
    private const uint CrcPolynomial = 0xEDB88320;

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(index => CrcOf((uint)index))];

    /// <summary>The picture as a file.</summary>
    /// <param name="width">Pixels in a row, 1 at least.</param>
    /// <param name="pixels">The numbers of the colours, row by row from the top.</param>
    /// <param name="colours">The colours, as <c>#rrggbb</c>.</param>
    public static byte[] Write(int width, ReadOnlySpan<byte> pixels, IReadOnlyList<string> colours)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], pixels.Length / width);
        (header[8], header[9]) = (BitsPerPixel, Indexed);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "PLTE"u8, [.. colours.SelectMany(colour => Convert.FromHexString(colour.AsSpan(1)))]);
        WriteChunk(file, "IDAT"u8, Compressed(width, pixels));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compressed(int width, ReadOnlySpan<byte> pixels)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var start = 0; start < pixels.Length; start += width)
            {
                zlib.WriteByte(NoFilter);
                zlib.Write(pixels.Slice(start, width));
            }
        }

        return data.ToArray();
    }

    /// <summary>The length of the data, the type, the data, and the check sum of type and data.</summary>
    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        file.Write(number);
    }

    private static uint Crc(uint before, ReadOnlySpan<byte> data)
    {
        foreach (var value in data)
        {
            before = CrcTable[(byte)(before ^ value)] ^ (before >> 8);
        }

        return before;
    }

    private static uint CrcOf(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ CrcPolynomial;
        }

        return value;
    }
}
