using PreferenceLosses.Cuda.Driver;

namespace PreferenceLosses.Cuda;

/// <summary>Memory of a CUDA device.</summary>
public sealed unsafe class DeviceMemory : IDisposable
{
    private readonly ContextHandle context;
    private readonly MemoryHandle memory;

    internal DeviceMemory(ContextHandle context, long bytes)
    {
        this.context = context;
        memory = new MemoryHandle(context, bytes);
        Bytes = bytes;
    }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Its address on the device, as long as this object is not disposed.</summary>
    /// <exception cref="ObjectDisposedException">It was.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(memory.IsClosed, this);
            return memory.DangerousGetHandle();
        }
    }

    /// <summary>Copies values to the device, after what is on the default stream.</summary>
    /// <param name="values">The values, as many as fit.</param>
    /// <typeparam name="T">Their type.</typeparam>
    /// <exception cref="ArgumentException">There are more.</exception>
    public void CopyFrom<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        CheckLength<T>(values.Length, nameof(values));
        context.MakeCurrent();
        fixed (T* source = values)
        {
            CudaException.Check(values.IsEmpty ? 0 : DriverApi.MemcpyHtoD(Address, source, (nuint)values.Length * (nuint)sizeof(T)), "cuMemcpyHtoD_v2");
        }
    }

    /// <summary>Copies values from the device, after what is on the default stream. Errors of kernels show here.</summary>
    /// <param name="values">Where to.</param>
    /// <typeparam name="T">Their type.</typeparam>
    /// <exception cref="ArgumentException">There are not as many.</exception>
    public void CopyTo<T>(Span<T> values)
        where T : unmanaged
    {
        CheckLength<T>(values.Length, nameof(values));
        context.MakeCurrent();
        fixed (T* target = values)
        {
            CudaException.Check(values.IsEmpty ? 0 : DriverApi.MemcpyDtoH(target, Address, (nuint)values.Length * (nuint)sizeof(T)), "cuMemcpyDtoH_v2");
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => memory.Dispose();

    private void CheckLength<T>(int count, string name)
        where T : unmanaged
    {
        if ((long)count * sizeof(T) > Bytes)
        {
            throw new ArgumentException(FormattableString.Invariant($"{count} values of {sizeof(T)} bytes do not fit into {Bytes} bytes of the device."), name);
        }
    }
}
