using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PreferenceLosses.Training;

/// <summary>
/// Examples in a file, read when they are asked for: of each, 8 bytes are in memory, where it begins. May be read by several threads.
/// </summary>
/// <remarks>
/// The file, little-endian: a line of text that names format and version, 64-bit number of examples, 64 hexadecimal digits of the fingerprint; the records of the
/// examples; and where each record ends, 64 bits each. The number and the fingerprint are written last, and the file gets its name when it is whole.
/// </remarks>
public sealed class ExampleStore : IExampleSource, IDisposable
{
    private const int FingerprintLength = 64;

    private readonly SafeFileHandle file;
    private readonly string path;
    private readonly long[] ends;

    private ExampleStore(SafeFileHandle file, string path, long[] ends, string fingerprint)
    {
        this.file = file;
        this.path = path;
        this.ends = ends;
        Fingerprint = fingerprint;
    }

    /// <inheritdoc/>
    public int Count => ends.Length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file was damaged.</exception>
    public Example this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, ends.Length);
            var start = index == 0 ? HeaderLength : ends[index - 1];
            var length = (int)(ends[index] - start);
            var rented = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                var record = rented.AsSpan(0, length);
                ReadAll(file, record, start, path);
                return ExampleRecord.Read(record) ?? throw Damaged(path, $"example {index} cannot be read");
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private static ReadOnlySpan<byte> Format => "preference-losses examples 1\n"u8;

    private static int HeaderLength => Format.Length + sizeof(long) + FingerprintLength;

    /// <summary>Writes examples to a file in one pass and opens it. A file of that name is replaced when the new one is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="examples">The examples; enumerated once.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static ExampleStore Create(string path, IEnumerable<Example> examples)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(examples);
        var unfinished = path + ".unfinished";
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                Write(stream, examples);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }

        return Open(path);
    }

    /// <summary>Opens a file that <see cref="Create"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no such file, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ExampleStore Open(string path)
    {
        var file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            Span<byte> header = stackalloc byte[HeaderLength];
            var length = RandomAccess.GetLength(file);
            if (length < header.Length || RandomAccess.Read(file, header, 0) != header.Length || !header.StartsWith(Format))
            {
                throw new InvalidDataException($"{path} is no file of examples of this version.");
            }

            var count = BinaryPrimitives.ReadInt64LittleEndian(header[Format.Length..]);
            var table = length - (count * sizeof(long));
            if (count is < 0 or > int.MaxValue || table < header.Length)
            {
                throw Damaged(path, $"it has {length} bytes, too few for {count} examples");
            }

            return new ExampleStore(file, path, ReadEnds(file, (int)count, table, path), Encoding.ASCII.GetString(header[^FingerprintLength..]));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static void Write(FileStream stream, IEnumerable<Example> examples)
    {
        stream.Write(new byte[HeaderLength]);
        using var fingerprint = new ExampleFingerprint();
        var record = new ArrayBufferWriter<byte>();
        var ends = new List<long>();
        foreach (var example in examples)
        {
            record.ResetWrittenCount();
            ExampleRecord.Write(example, record);
            fingerprint.Add(record.WrittenSpan);
            stream.Write(record.WrittenSpan);
            ends.Add(stream.Position);
        }

        var number = new byte[sizeof(long)];
        foreach (var end in ends)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, end);
            stream.Write(number);
        }

        stream.Position = 0;
        stream.Write(Format);
        BinaryPrimitives.WriteInt64LittleEndian(number, ends.Count);
        stream.Write(number);
        stream.Write(Encoding.ASCII.GetBytes(fingerprint.Finish()));
    }

    private static long[] ReadEnds(SafeFileHandle file, int count, long table, string path)
    {
        var ends = new long[count];
        const int batch = 1 << 13;
        var bytes = new byte[Math.Min(count, batch) * sizeof(long)];
        long before = HeaderLength;
        for (var i = 0; i < count; i++)
        {
            var inBatch = i % batch * sizeof(long);
            if (inBatch == 0)
            {
                ReadAll(file, bytes.AsSpan(0, Math.Min(count - i, batch) * sizeof(long)), table + ((long)i * sizeof(long)), path);
            }

            ends[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(inBatch));
            if (ends[i] <= before || ends[i] - before > Array.MaxLength)
            {
                throw Damaged(path, $"example {i} cannot end where its table says");
            }

            before = ends[i];
        }

        return before == table ? ends : throw Damaged(path, "the last example does not end where the table begins");
    }

    private static void ReadAll(SafeFileHandle file, Span<byte> bytes, long from, string path)
    {
        while (!bytes.IsEmpty)
        {
            var count = RandomAccess.Read(file, bytes, from);
            if (count == 0)
            {
                throw Damaged(path, "it ends early");
            }

            bytes = bytes[count..];
            from += count;
        }
    }

    private static InvalidDataException Damaged(string path, string reason) => new($"{path} is damaged: {reason}.");
}
