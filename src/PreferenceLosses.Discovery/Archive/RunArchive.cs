using System.Text.Json;

namespace PreferenceLosses.Discovery;

/// <summary>
/// The archive of a run: a file of JSON lines, an event each, only ever appended to. An event is on the disk before the run goes on, so a run that was killed loses nothing.
/// </summary>
/// <remarks>
/// An event counts once its line feed is there. What stands behind the last one was being written when the run was killed: it is ignored, and cut off when the run goes on.
/// While a run has its archive, another one cannot write to it (a lock of the operating system on a file beside it, which ends with the process); anybody may read it.
/// </remarks>
public sealed class RunArchive : IDisposable
{
    private static ReadOnlySpan<byte> Beginning => "{\"event\":\"run.started\""u8;

    private readonly FileStream file;
    private readonly FileStream lockFile;

    private RunArchive(string path, FileStream lockFile)
    {
        this.lockFile = lockFile;

        // Others may read at any time.
        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            State = Replay(bytes, path, out var whole);
            file.SetLength(whole);
            file.Position = whole;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What follows from the events so far.</summary>
    public RunState State { get; private set; }

    /// <summary>Opens an archive to go on with it, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">Another run has it, or it cannot be written to.</exception>
    /// <exception cref="InvalidDataException">It is something else, or a line before the last is damaged.</exception>
    public static RunArchive Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream lockFile;
        try
        {
            lockFile = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException busy)
        {
            throw new IOException($"The archive '{path}' cannot be locked for this run; is another one writing to it? Wait for its end, or take another file. {busy.Message}", busy);
        }

        try
        {
            return new RunArchive(path, lockFile);
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>What follows from the events of an archive. A run may be writing to it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is something else, or a line before the last is damaged.</exception>
    public static RunState Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        return Replay(copy.GetBuffer().AsSpan(0, (int)copy.Length), path, out _);
    }

    /// <summary>The events of an archive, in their order. A run may be writing to it.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<DiscoveryEvent> ReadEvents(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        var events = new List<DiscoveryEvent>();
        Replay(copy.GetBuffer().AsSpan(0, (int)copy.Length), path, out _, events);
        return events;
    }

    /// <summary>Writes an event, which is on the disk when this returns.</summary>
    /// <param name="value">The event.</param>
    /// <returns>The event as it will be read back, which is what the run has to go on with.</returns>
    /// <exception cref="InvalidDataException">The event does not follow from those before it. Nothing was written.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public DiscoveryEvent Append(DiscoveryEvent value)
    {
        ArgumentNullException.ThrowIfNull(value);

        // Half of a surrogate pair, say, is not written as it is: what is done now must not differ from what is done after a restart.
        var line = EventLine.Write(value);
        var written = EventLine.Read(line);
        var next = State.After(written);
        try
        {
            file.Write([.. line, (byte)'\n']);
            file.Flush(flushToDisk: true);
        }
        catch
        {
            // Part of a line may stand there, which nothing must follow.
            Dispose();
            throw;
        }

        State = next;
        return written;
    }

    /// <summary>Ends the writing.</summary>
    public void Dispose()
    {
        file.Dispose();
        lockFile.Dispose();
    }

    /// <param name="bytes">The file.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="whole">How many bytes are whole lines.</param>
    /// <param name="events">Is given the events, if it is there.</param>
    private static RunState Replay(ReadOnlySpan<byte> bytes, string path, out int whole, List<DiscoveryEvent>? events = null)
    {
        whole = bytes.LastIndexOf((byte)'\n') + 1;
        var start = bytes[..Math.Min(bytes.Length, Beginning.Length)];
        if (whole == 0 ? !Beginning.StartsWith(start) : !start.SequenceEqual(Beginning))
        {
            // Somebody else's file is not to be cut.
            throw new InvalidDataException($"'{path}' is not the archive of a run.");
        }

        var state = RunState.Empty;
        var rest = bytes[..whole];
        for (var number = 1; !rest.IsEmpty; number++)
        {
            var end = rest.IndexOf((byte)'\n');
            try
            {
                var value = EventLine.Read(rest[..end]);
                state = state.After(value);
                events?.Add(value);
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or InvalidDataException)
            {
                throw new InvalidDataException($"'{path}', line {number}, is not an event of a run, or is damaged: {e.Message} What comes after it cannot be trusted.", e);
            }

            rest = rest[(end + 1)..];
        }

        return state;
    }
}
