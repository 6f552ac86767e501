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
        try
        {
            WriteAll(temporary, sections);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // What there is of it may be what fills the disk.
            File.Delete(temporary);
            throw;
        }

        DirectoryFlush.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Opens a file and checks all of it.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint, of another version, cut or changed.</exception>
    public static CheckpointContent Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            CheckHash(file);
            return new CheckpointContent(file, ReadSections(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void WriteAll(string path, IReadOnlyList<(string Name, Action<Stream> Write)> sections)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite);
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

    private static void CheckHash(FileStream file)
    {
        Span<byte> magic = stackalloc byte[Magic.Length];
        if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.SequenceEqual(Magic))
        {
            throw new InvalidDataException("it is no checkpoint");
        }

        var length = file.Length - SHA256.HashSizeInBytes;
        Span<byte> written = stackalloc byte[SHA256.HashSizeInBytes];
        if (length >= Magic.Length)
        {
            using var content = new SectionStream(file, 0, length);
            var hash = SHA256.HashData(content);
            file.Position = length;
            file.ReadExactly(written);
            if (written.SequenceEqual(hash))
            {
                file.Position = Magic.Length;
                return;
            }
        }

        throw new InvalidDataException("its checksum is wrong: it is cut, or was changed");
    }

    private static Dictionary<string, (long Start, long Length)> ReadSections(FileStream file)
    {
        var version = ReadInt64(file);
        if (version != Version)
        {
            throw new InvalidDataException($"it has the format {version}, and this version of the library reads {Version}");
        }

        var sections = new Dictionary<string, (long Start, long Length)>();
        for (var left = ReadInt64(file); left > 0; left--)
        {
            var name = new byte[ReadInt64(file)];
            file.ReadExactly(name);
            var length = ReadInt64(file);
            sections[Encoding.UTF8.GetString(name)] = (file.Position, length);
            file.Position += length;
        }

        return sections;
    }

    private static long ReadInt64(FileStream file)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        file.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    private static void WriteInt64(Stream stream, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
