namespace PreferenceLosses.Training;

/// <summary>
/// The lines of a stream as bytes, one at a time; memory is bounded by the longest line that is accepted. Lines end with a line feed, or a carriage
/// return and a line feed; a byte order mark of UTF-8 is passed over.
/// </summary>
internal sealed class LineReader(Stream stream, int maxLineBytes)
{
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;

    /// <summary>The number of the last line that was read, from 1; 0 before the first.</summary>
    public long Line { get; private set; }

    /// <summary>Whether the last line was longer than what is accepted; of such a line there is nothing.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Reads the next line, without what ends it.</summary>
    /// <param name="line">The line, valid until the next call.</param>
    /// <returns>False if there is no other line.</returns>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        line = default;
        IsTooLong = false;
        var searched = 0;
        int length;
        while ((length = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n')) < 0)
        {
            searched = end - start;
            if (searched > maxLineBytes)
            {
                IsTooLong = true;
                start = end;
                searched = 0;
            }

            if (!Fill())
            {
                if (searched == 0 && !IsTooLong)
                {
                    return false;
                }

                length = 0;
                break;
            }
        }

        length += searched;
        Line++;
        IsTooLong |= length > maxLineBytes;
        line = IsTooLong ? default : WithoutMarks(buffer.AsMemory(start, length));
        start = Math.Min(start + length + 1, end);
        return true;
    }

    private ReadOnlyMemory<byte> WithoutMarks(ReadOnlyMemory<byte> line)
    {
        if (Line == 1 && line.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF]))
        {
            line = line[3..];
        }

        return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
    }

    /// <summary>Reads more behind what is there, which moves to the front; false at the end of the stream.</summary>
    private bool Fill()
    {
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        start = 0;
        if (end == buffer.Length)
        {
            Array.Resize(ref buffer, 2 * buffer.Length);
        }

        var count = stream.Read(buffer, end, buffer.Length - end);
        end += count;
        return count > 0;
    }
}
