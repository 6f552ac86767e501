using System.Collections.Concurrent;
using System.Text;

namespace PreferenceLosses.Cuda.Driver;

/// <summary>The text of a module. What is loaded of it is found by this object, and kept on a device as long as the object lives.</summary>
/// <param name="ptx">PTX text.</param>
internal sealed class ModuleText(string ptx)
{
    /// <summary>PTX text.</summary>
    public string Ptx { get; } = ptx;
}

/// <summary>A module that the driver has compiled from PTX, with its kernels.</summary>
internal sealed unsafe class KernelModule : InContext
{
    private const int LogBytes = 8192;

    // The names of the driver's options.
    private const int ErrorLog = 5;
    private const int ErrorLogSize = 6;

    private readonly ConcurrentDictionary<string, nint> functions = new();

    /// <exception cref="CudaException">The driver does not accept the text; the message has the compiler's.</exception>
    public KernelModule(ContextHandle context, string ptx)
        : base(context)
    {
        context.MakeCurrent();

        // The text ends with a 0.
        var image = new byte[Encoding.UTF8.GetByteCount(ptx) + 1];
        Encoding.UTF8.GetBytes(ptx, image);
        var log = stackalloc byte[LogBytes];
        log[0] = 0;
        var names = stackalloc int[] { ErrorLog, ErrorLogSize };
        var values = stackalloc nint[] { (nint)log, LogBytes };
        fixed (byte* start = image)
        {
            var error = DriverApi.ModuleLoadDataEx(out var module, start, 2, names, values);
            CudaException.Check(error, "cuModuleLoadDataEx", error == 0 ? "" : Text(log));
            Own(module);
        }
    }

    /// <summary>Launches a kernel; does not wait for it.</summary>
    /// <param name="name">The kernel.</param>
    /// <param name="blocks">The number of blocks.</param>
    /// <param name="threads">The number of threads of each.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="parameters">The bits of the parameters, 8 bytes for each.</param>
    public void Launch(string name, int blocks, int threads, nint stream, ReadOnlySpan<ulong> parameters)
    {
        Context.MakeCurrent();
        var function = functions.GetOrAdd(name, static (name, module) =>
        {
            CudaException.Check(DriverApi.ModuleGetFunction(out var found, module.handle, name), "cuModuleGetFunction", name);
            return found;
        }, this);

        fixed (ulong* values = parameters)
        {
            var addresses = stackalloc void*[parameters.Length];
            for (var i = 0; i < parameters.Length; i++)
            {
                addresses[i] = values + i;
            }

            CudaException.Check(
                DriverApi.LaunchKernel(function, (uint)blocks, 1, 1, (uint)threads, 1, 1, 0, stream, addresses, null), "cuLaunchKernel", name);
        }

        GC.KeepAlive(this);
    }

    /// <summary>A kernel of it may still be running: the device is waited for.</summary>
    protected override bool Free() => DriverApi.CtxSynchronize() == 0 & DriverApi.ModuleUnload(handle) == 0;

    private static string Text(byte* log)
    {
        var length = 0;
        while (length < LogBytes && log[length] != 0)
        {
            length++;
        }

        return Encoding.UTF8.GetString(log, length);
    }
}
