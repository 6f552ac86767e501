namespace PreferenceLosses.Training;

/// <summary>A part of a file, from the beginning of the part to its end. The file stays open.</summary>
internal sealed class SectionStream : Stream
{
    private readonly FileStream file;
    private readonly long end;

    public SectionStream(FileStream file, long start, long length)
    {
        this.file = file;
        Length = length;
        end = start + length;
        file.Position = start;
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long Position
    {
        get => Length - (end - file.Position);
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => file.Read(buffer[..(int)Math.Min(buffer.Length, end - file.Position)]);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
