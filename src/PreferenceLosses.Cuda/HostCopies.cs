using System.Numerics;
using PreferenceLosses.Cuda.Driver;

namespace PreferenceLosses.Cuda;

/// <summary>
/// Columns and results on their way between a device and the host: one after the other in page-locked memory, which the device keeps, because it is slow to allocate,
/// and because the whole context is waited for where it is freed. Whoever fetches, computes and sends does so within <see cref="InUse"/>.
/// </summary>
internal sealed unsafe class HostCopies(CudaDevice device) : IDisposable
{
    private const long Alignment = 64;

    private readonly List<(nint Address, long Start, long Bytes)> parts = [];
    private PinnedMemory? memory;
    private EventHandle? sent;
    private long bytes;

    /// <summary>What is held as long as the memory has one evaluation's values.</summary>
    public Lock InUse { get; } = new();

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

    /// <summary>Copies them all to the host, and waits for that, and for what was sent before, which may have been on another stream.</summary>
    public void Fetch(nint stream)
    {
        if (sent is not null)
        {
            device.Context.MakeCurrent();
            CudaException.Check(DriverApi.EventSynchronize(sent.DangerousGetHandle()), "cuEventSynchronize");
        }

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

        sent ??= new EventHandle(device.Context);
        CudaException.Check(DriverApi.EventRecord(sent.DangerousGetHandle(), stream), "cuEventRecord");
    }

    public void Dispose()
    {
        lock (InUse)
        {
            memory?.Dispose();
            sent?.Dispose();
        }
    }

    private void Reserve()
    {
        if (memory is null || memory.Bytes < bytes)
        {
            // Twice as much as before at least, or batches that grow a little each time would each wait.
            memory?.Dispose();
            memory = device.AllocatePinned((long)BitOperations.RoundUpToPowerOf2((ulong)bytes));
        }
    }
}
