using System.Runtime.CompilerServices;
using System.Text;
using PreferenceLosses.Cuda.Driver;

namespace PreferenceLosses.Cuda;

/// <summary>
/// A CUDA device, through its primary context: the one that other libraries of the process (PyTorch, TorchSharp) use, so their pointers are good here.
/// Needs the NVIDIA driver (CUDA 11.0 or later) and nothing else; compute capability 8.0 or later.
/// </summary>
public sealed unsafe class CudaDevice : IDisposable
{
    private const int OldestDriver = 11000;
    private const int OldestCapability = 8;

    /// <summary>By the object that has the text, so that no launch looks a text up; where that object is gone, so is the module.</summary>
    private readonly ConditionalWeakTable<ModuleText, KernelModule> modules = [];
    private readonly Lock loading = new();

    private CudaDevice(int device, string name, ContextHandle context, int multiprocessors, Version capability, Version driver)
    {
        Number = device;
        Name = name;
        Context = context;
        HostCopies = new HostCopies(this);
        Multiprocessors = multiprocessors;
        ComputeCapability = capability;
        DriverVersion = driver;
    }

    /// <summary>Whether there is a device that can be used. Never throws.</summary>
    public static bool IsAvailable => WhyUnavailable() is null;

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>Its name, as the driver has it.</summary>
    public string Name { get; }

    /// <summary>The number of its multiprocessors.</summary>
    public int Multiprocessors { get; }

    /// <summary>Its compute capability: 8.0 for Ampere, 9.0 for Hopper.</summary>
    public Version ComputeCapability { get; }

    /// <summary>The version of CUDA that the driver is for; not the number of its branch, which is another one.</summary>
    public Version DriverVersion { get; }

    internal ContextHandle Context { get; }

    /// <summary>The way of losses that go through the host, for all of them.</summary>
    internal HostCopies HostCopies { get; }

    /// <summary>Why no device can be used, and what to do; null if one can. Never throws.</summary>
    public static string? WhyUnavailable()
    {
        try
        {
            Find(0);
            return null;
        }
        catch (CudaException e)
        {
            return e.Message;
        }
    }

    /// <summary>Opens a device.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <exception cref="CudaException">There is no driver, it is too old, there is no such device, or it is too old.</exception>
    public static CudaDevice Open(int number = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        var device = Find(number);
        CudaException.Check(DriverApi.DeviceGetAttribute(out var multiprocessors, 16, device), "cuDeviceGetAttribute");
        CudaException.Check(DriverApi.DeviceGetAttribute(out var major, 75, device), "cuDeviceGetAttribute");
        CudaException.Check(DriverApi.DeviceGetAttribute(out var minor, 76, device), "cuDeviceGetAttribute");
        CudaException.Check(DriverApi.DriverGetVersion(out var driver), "cuDriverGetVersion");
        var name = stackalloc byte[256];
        CudaException.Check(DriverApi.DeviceGetName(name, 256, device), "cuDeviceGetName");
        var length = new ReadOnlySpan<byte>(name, 256).IndexOf((byte)0);
        return new CudaDevice(
            number, Encoding.UTF8.GetString(name, Math.Max(length, 0)), new ContextHandle(device), multiprocessors,
            new Version(major, minor), new Version(driver / 1000, driver % 1000 / 10));
    }

    /// <summary>Memory of the device. What is in it is not defined.</summary>
    /// <param name="bytes">Its size.</param>
    /// <exception cref="CudaException">There is not enough.</exception>
    public DeviceMemory Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new DeviceMemory(Context, bytes);
    }

    /// <summary>Memory of the device with a copy of the values.</summary>
    /// <param name="values">The values.</param>
    /// <typeparam name="T">Their type.</typeparam>
    public DeviceMemory Allocate<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var memory = Allocate((long)values.Length * sizeof(T));
        memory.CopyFrom(values);
        return memory;
    }

    /// <summary>Puts a copy within the memory of the device on a stream; does not wait for it.</summary>
    /// <param name="source">The address to copy from.</param>
    /// <param name="target">The address to copy to; the two may not overlap.</param>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="stream">The driver's handle of the stream; 0 is the default stream.</param>
    /// <exception cref="CudaException">The driver refused the call.</exception>
    public void Copy(nint source, nint target, long bytes, nint stream = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Context.MakeCurrent();
        CudaException.Check(DriverApi.MemcpyDtoDAsync(target, source, (nuint)bytes, stream), "cuMemcpyDtoDAsync_v2");
    }

    /// <summary>How many bytes of its memory nobody has taken, at this moment.</summary>
    /// <exception cref="CudaException">The driver refused the call.</exception>
    public long GetFreeBytes()
    {
        Context.MakeCurrent();
        CudaException.Check(DriverApi.MemGetInfo(out var free, out _), "cuMemGetInfo_v2");
        return (long)free;
    }

    /// <summary>Page-locked memory of the host, for copies that do not wait. What is in it is not defined.</summary>
    /// <param name="bytes">Its size.</param>
    /// <exception cref="CudaException">There is not enough.</exception>
    public PinnedMemory AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new PinnedMemory(Context, bytes);
    }

    /// <summary>Waits until everything on a stream is done. Errors of kernels show here.</summary>
    /// <param name="stream">The driver's handle of the stream; 0 is the default stream.</param>
    public void Synchronize(nint stream = 0)
    {
        Context.MakeCurrent();
        CudaException.Check(DriverApi.StreamSynchronize(stream), "cuStreamSynchronize");
    }

    /// <summary>How long the device takes for what an action puts on a stream, in milliseconds. Waits for it.</summary>
    /// <param name="action">What to time.</param>
    /// <param name="stream">The driver's handle of the stream.</param>
    public double Time(Action action, nint stream = 0)
    {
        ArgumentNullException.ThrowIfNull(action);
        using var start = new EventHandle(Context);
        using var end = new EventHandle(Context);
        CudaException.Check(DriverApi.EventRecord(start.DangerousGetHandle(), stream), "cuEventRecord");
        action();
        Context.MakeCurrent();
        CudaException.Check(DriverApi.EventRecord(end.DangerousGetHandle(), stream), "cuEventRecord");
        CudaException.Check(DriverApi.EventSynchronize(end.DangerousGetHandle()), "cuEventSynchronize");
        CudaException.Check(DriverApi.EventElapsedTime(out var milliseconds, start.DangerousGetHandle(), end.DangerousGetHandle()), "cuEventElapsedTime");
        return milliseconds;
    }

    /// <summary>Gives up this share in the context. Memory that is still there keeps its own.</summary>
    public void Dispose()
    {
        lock (loading)
        {
            foreach (var (_, module) in modules)
            {
                module.Dispose();
            }

            modules.Clear();
        }

        HostCopies.Dispose();
        Context.Dispose();
    }

    /// <summary>Puts zeros on a stream.</summary>
    internal void Clear(nint address, nint bytes, nint stream)
    {
        Context.MakeCurrent();
        CudaException.Check(DriverApi.MemsetD8Async(address, 0, (nuint)bytes, stream), "cuMemsetD8Async");
    }

    /// <summary>The module of a text; compiled by the driver once.</summary>
    internal KernelModule Module(ModuleText text)
    {
        if (modules.TryGetValue(text, out var module))
        {
            return module;
        }

        lock (loading)
        {
            if (!modules.TryGetValue(text, out module))
            {
                module = new KernelModule(Context, text.Ptx);
                modules.Add(text, module);
            }

            return module;
        }
    }

    private static int Find(int number)
    {
        int version;
        try
        {
            CudaException.Check(DriverApi.Init(0), "cuInit");
            CudaException.Check(DriverApi.DriverGetVersion(out version), "cuDriverGetVersion");
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new CudaException(
                "There is no NVIDIA driver (libcuda.so.1, nvcuda.dll): install it, or set the environment variable "
                + $"{DriverLibrary.OverrideVariable} to the path of its library. The CPU path needs none.");
        }

        if (version < OldestDriver)
        {
            throw new CudaException(FormattableString.Invariant(
                $"The NVIDIA driver is for CUDA {version / 1000}.{version % 1000 / 10}; 11.0 or later is needed (driver 450): update it. The CPU path needs none."));
        }

        CudaException.Check(DriverApi.DeviceGetCount(out var count), "cuDeviceGetCount");
        if (number >= count)
        {
            throw new CudaException(FormattableString.Invariant($"There is no CUDA device {number}; there are {count}. Check nvidia-smi, and CUDA_VISIBLE_DEVICES."));
        }

        CudaException.Check(DriverApi.DeviceGet(out var device, number), "cuDeviceGet");
        CudaException.Check(DriverApi.DeviceGetAttribute(out var major, 75, device), "cuDeviceGetAttribute");
        if (major < OldestCapability)
        {
            throw new CudaException(FormattableString.Invariant($"The CUDA device {number} has compute capability {major}.x; 8.0 (Ampere) or later is needed."));
        }

        return device;
    }
}
