using System.Runtime.InteropServices;
using System.Text;

namespace PreferenceLosses.Training;

/// <summary>The weights of an <see cref="NGramPolicy"/> as bytes: a header with its settings, and the rows that are not as they were made.</summary>
internal static class NGramFile
{
    private const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "PLNGRAM\n"u8;

    public static void Write(Stream destination, NGramSettings settings, NGramWeights weights)
    {
        using var writer = new BinaryWriter(destination, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(settings.VocabularySize);
        writer.Write(settings.Order);
        writer.Write(settings.Buckets);
        writer.Write(weights.Decay);
        var touched = Enumerable.Range(0, weights.Rows).Where(row => !weights.IsUntouched(row)).ToArray();
        writer.Write(touched.Length);
        foreach (var row in touched)
        {
            writer.Write(row);
            writer.Write(weights.RowDecay[row]);
            writer.Write(MemoryMarshal.AsBytes(weights.Row(row)));
        }
    }

    public static NGramSettings ReadHeader(BinaryReader reader)
    {
        Span<byte> magic = stackalloc byte[Magic.Length];
        if (reader.BaseStream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.SequenceEqual(Magic))
        {
            throw new InvalidDataException("These are not the weights of an n-gram policy.");
        }

        var version = Read(reader, r => r.ReadInt32());
        if (version != Version)
        {
            throw new InvalidDataException($"The weights have the format {version}; this version of the library reads {Version}.");
        }

        try
        {
            return Read(reader, r => new NGramSettings { VocabularySize = r.ReadInt32(), Order = r.ReadInt32(), Buckets = r.ReadInt32() });
        }
        catch (ArgumentOutOfRangeException wrong)
        {
            throw new InvalidDataException($"The header of the weights is damaged: {wrong.Message}", wrong);
        }
    }

    /// <summary>Reads what follows the header.</summary>
    public static void ReadRows(BinaryReader reader, NGramWeights weights)
    {
        weights.Values.AsSpan().Clear();
        weights.RowDecay.AsSpan().Clear();
        weights.Decay = Read(reader, r => r.ReadDouble());
        var count = ReadCount(reader, weights.Rows, "rows");
        for (var i = 0; i < count; i++)
        {
            var row = ReadCount(reader, weights.Rows - 1, "number of a row");
            weights.RowDecay[row] = Read(reader, r => r.ReadDouble());
            ReadFloats(reader, weights.Row(row));
        }
    }

    /// <summary>A whole number from 0 to a bound.</summary>
    public static int ReadCount(BinaryReader reader, int bound, string what)
    {
        var count = Read(reader, r => r.ReadInt32());
        return count >= 0 && count <= bound
            ? count
            : throw new InvalidDataException($"The data is damaged: {count} as {what}, where 0 to {bound} is possible.");
    }

    public static void ReadFloats(BinaryReader reader, Span<float> destination)
    {
        var bytes = MemoryMarshal.AsBytes(destination);
        if (reader.BaseStream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Cut(null);
        }
    }

    /// <summary>Reads, and says of an end that comes too early what it is.</summary>
    public static T Read<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        try
        {
            return read(reader);
        }
        catch (EndOfStreamException end)
        {
            throw Cut(end);
        }
    }

    private static InvalidDataException Cut(Exception? inner) => new("The data ends too early.", inner);
}
