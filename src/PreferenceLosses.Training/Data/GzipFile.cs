using System.IO.Compression;

namespace PreferenceLosses.Training;

/// <summary>
/// A gzipped file whose end is known. <see cref="GZipStream"/> takes a file that was cut off for one that ends there, unless the application asks for more
/// (System.IO.Compression.UseStrictValidation). So one more member is put behind the file, with a line that says that the end was reached: behind a member that
/// was cut off it is not understood, and the line does not appear.
/// </summary>
internal static class GzipFile
{
    private static readonly byte[] EndMember = Member([(byte)'\n', .. EndLine]);

    /// <summary>The line at the end of what is decompressed. No line of JSON is like it.</summary>
    public static ReadOnlySpan<byte> EndLine => "\0end of the gzipped file\0"u8;

    /// <summary>Whether the content is gzipped, which its first two bytes tell.</summary>
    public static bool IsGzipped(FileStream file)
    {
        Span<byte> first = stackalloc byte[2];
        var count = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return first[..count].SequenceEqual<byte>([0x1F, 0x8B]);
    }

    /// <summary>What the file holds, with <see cref="EndLine"/> behind it if it is whole.</summary>
    public static Stream Decompress(FileStream file) => new GZipStream(new WithEnd(file), CompressionMode.Decompress);

    private static byte[] Member(byte[] content)
    {
        var member = new MemoryStream();
        using (var gzip = new GZipStream(member, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return member.ToArray();
    }

    /// <summary>The bytes of the file, then those of the last member.</summary>
    private sealed class WithEnd(FileStream file) : Stream
    {
        private readonly MemoryStream end = new(EndMember, writable: false);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer) => file.Read(buffer) is var count and > 0 ? count : end.Read(buffer);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
