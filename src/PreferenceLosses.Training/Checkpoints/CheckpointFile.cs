using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PreferenceLosses.Training;

/// <summary>
/// A checkpoint as one file: a header, named sections, and a SHA-256 of all before it. It is whole or not there: it is written beside its place, brought to the disk and then
/// renamed.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>What the name ends in while a file is written.</summary>
    public const string TemporarySuffix = ".tmp";

    private const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "PLCHKPT\n"u8;

    /// <summary>Writes a file with sections, each by a function that writes its content.</summary>
    public static void Write(string path, IReadOnlyList<(string Name, Action<Stream> Write)> sections)
    {
        var temporary = path + TemporarySuffix;
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite))
        {
            file.Write(Magic);
            WriteInt64(file, Version);
            WriteInt64(file, sections.Count);
            foreach (var (name, write) in sections)
            {
                var nameBytes = Encoding.UTF8.GetBytes(name);
                WriteInt64(file, nameBytes.Length);
                file.Write(nameBytes);

                // The length is known when the content is written.
                var place = file.Position;
                WriteInt64(file, 0);
                write(file);
                var end = file.Position;
                file.Position = place;
                WriteInt64(file, end - place - sizeof(long));
                file.Position = end;
            }

            file.Position = 0;
            var hash = SHA256.HashData(file);
            file.Write(hash);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        DirectoryFlush.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Reads all sections.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint, of another version, cut or changed.</exception>
    public static Dictionary<string, byte[]> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (!bytes.AsSpan().StartsWith(Magic))
        {
            throw new InvalidDataException("it is no checkpoint");
        }

        if (bytes.Length < Magic.Length + (2 * sizeof(long)) + SHA256.HashSizeInBytes
            || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - SHA256.HashSizeInBytes)))
        {
            throw new InvalidDataException("its checksum is wrong: it is cut, or was changed");
        }

        var content = new Reader(bytes.AsMemory(Magic.Length, bytes.Length - Magic.Length - SHA256.HashSizeInBytes));
        var version = content.Int64();
        if (version != Version)
        {
            throw new InvalidDataException($"it has the format {version}, and this version of the library reads {Version}");
        }

        var sections = new Dictionary<string, byte[]>();
        for (var left = content.Int64(); left > 0; left--)
        {
            var name = Encoding.UTF8.GetString(content.Bytes().Span);
            sections[name] = content.Bytes().ToArray();
        }

        return sections;
    }

    private static void WriteInt64(Stream stream, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private sealed class Reader(ReadOnlyMemory<byte> rest)
    {
        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)).Span);

        public ReadOnlyMemory<byte> Bytes() => Take(Int64());

        private ReadOnlyMemory<byte> Take(long length)
        {
            if (length < 0 || length > rest.Length)
            {
                throw new InvalidDataException("its sections are longer than the file");
            }

            var taken = rest[..(int)length];
            rest = rest[(int)length..];
            return taken;
        }
    }
}
