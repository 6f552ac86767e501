using PreferenceLosses.Cuda.Driver;

namespace PreferenceLosses.Cuda;

/// <summary>
/// Page-locked memory of the host: what is copied between it and a device is copied in the order of a stream, while the host goes on. The system has little
/// of such memory, and it is slow to allocate: keep it.
/// </summary>
public sealed unsafe class PinnedMemory : IDisposable
{
    private readonly ContextHandle context;
    private readonly PinnedHandle memory;

    internal PinnedMemory(ContextHandle context, long bytes)
    {
        this.context = context;
        memory = new PinnedHandle(context, bytes);
        Bytes = bytes;
    }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Its address on the host, a multiple of 16, as long as this object is not disposed.</summary>
    /// <exception cref="ObjectDisposedException">It was.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(memory.IsClosed, this);
            return memory.DangerousGetHandle();
        }
    }

    /// <summary>Values in it. May not be read before, nor written until, the copies that were asked for are done.</summary>
    /// <param name="start">Where they start, in bytes; a multiple of the size of a value.</param>
    /// <param name="count">The number of values.</param>
    /// <typeparam name="T">Their type.</typeparam>
    /// <exception cref="ArgumentOutOfRangeException">They are not inside.</exception>
    public Span<T> Values<T>(long start, int count)
        where T : unmanaged
    {
        CheckRange(start, (long)count * sizeof(T));
        return new Span<T>((void*)(Address + (nint)start), count);
    }

    /// <summary>Puts a copy from a device on a stream. The values are there when the stream is (<see cref="CudaDevice.Synchronize"/>).</summary>
    /// <param name="source">The address on the device.</param>
    /// <param name="start">Where the values go, in bytes from the start of this memory.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="stream">The driver's handle of the stream; 0 is the default stream.</param>
    /// <exception cref="ArgumentOutOfRangeException">They do not fit.</exception>
    /// <exception cref="CudaException">The driver refused the call.</exception>
    public void CopyFromDevice(nint source, long start, long bytes, nint stream = 0)
    {
        CheckRange(start, bytes);
        context.MakeCurrent();
        CudaException.Check(DriverApi.MemcpyDtoHAsync((void*)(Address + (nint)start), source, (nuint)bytes, stream), "cuMemcpyDtoHAsync_v2");
    }

    /// <summary>Puts a copy to a device on a stream. The values here may not change before the stream has come to it.</summary>
    /// <param name="target">The address on the device.</param>
    /// <param name="start">Where the values are, in bytes from the start of this memory.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="stream">The driver's handle of the stream; 0 is the default stream.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many.</exception>
    /// <exception cref="CudaException">The driver refused the call.</exception>
    public void CopyToDevice(nint target, long start, long bytes, nint stream = 0)
    {
        CheckRange(start, bytes);
        context.MakeCurrent();
        CudaException.Check(DriverApi.MemcpyHtoDAsync(target, (void*)(Address + (nint)start), (nuint)bytes, stream), "cuMemcpyHtoDAsync_v2");
    }

    /// <summary>Frees the memory, after waiting for the device, which may be copying.</summary>
    public void Dispose() => memory.Dispose();

    private void CheckRange(long start, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Bytes - start);
    }
}
