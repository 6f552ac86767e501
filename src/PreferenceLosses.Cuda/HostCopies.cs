namespace PreferenceLosses.Cuda;

/// <summary>Columns and results on their way between a device and the host: one after the other in page-locked memory, which is kept.</summary>
internal sealed unsafe class HostCopies(CudaDevice device) : IDisposable
{
    private const long Alignment = 64;

    private readonly List<(nint Address, long Start, long Bytes)> parts = [];
    private PinnedMemory? memory;
    private long bytes;

    /// <summary>Starts anew. What was sent before is still on its way until the next <see cref="Fetch"/>.</summary>
    public void Clear()
    {
        parts.Clear();
        bytes = 0;
    }

    /// <summary>One more run of values on the device; its number.</summary>
    public int Add<T>(nint address, int count)
        where T : unmanaged
    {
        parts.Add((address, bytes, (long)count * sizeof(T)));
        bytes += ((parts[^1].Bytes + Alignment - 1) / Alignment) * Alignment;
        return parts.Count - 1;
    }

    /// <summary>Copies them all to the host, and waits for that.</summary>
    public void Fetch(nint stream)
    {
        Reserve();
        foreach (var (address, start, length) in parts)
        {
            memory!.CopyFromDevice(address, start, length, stream);
        }

        device.Synchronize(stream);
    }

    /// <summary>The values of a run on the host.</summary>
    public Span<T> Values<T>(int part)
        where T : unmanaged
    {
        Reserve();
        return memory!.Values<T>(parts[part].Start, (int)(parts[part].Bytes / sizeof(T)));
    }

    /// <summary>Copies them all to the device; does not wait.</summary>
    public void Send(nint stream)
    {
        foreach (var (address, start, length) in parts)
        {
            memory!.CopyToDevice(address, start, length, stream);
        }
    }

    public void Dispose() => memory?.Dispose();

    private void Reserve()
    {
        if (memory is null || memory.Bytes < bytes)
        {
            memory?.Dispose();
            memory = device.AllocatePinned(bytes);
        }
    }
}
