using System.Runtime.InteropServices;

namespace PreferenceLosses.Cuda.Driver;

/// <summary>
/// A share in the primary context of a device, which is the one that other libraries of the process use too. Memory, modules and events hold it.
/// </summary>
internal sealed class ContextHandle : SafeHandle
{
    private readonly int device;

    public ContextHandle(int device)
        : base(0, ownsHandle: true)
    {
        this.device = device;
        CudaException.Check(DriverApi.DevicePrimaryCtxRetain(out var context, device), "cuDevicePrimaryCtxRetain");
        SetHandle(context);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Makes the context that of this thread. Contexts are per thread, and tasks and finalizers change threads: every entry calls this.</summary>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(IsClosed, typeof(CudaDevice));
        CudaException.Check(Enter(), "cuCtxSetCurrent");
    }

    /// <summary>The same for what may not throw.</summary>
    public int Enter()
    {
        var error = DriverApi.CtxGetCurrent(out var current);
        return error != 0 || current == handle ? error : DriverApi.CtxSetCurrent(handle);
    }

    protected override bool ReleaseHandle() => DriverApi.DevicePrimaryCtxRelease(device) == 0;
}

/// <summary>Something that lives in a context, and keeps it.</summary>
internal abstract class InContext : SafeHandle
{
    private bool holdsContext;

    protected InContext(ContextHandle context)
        : base(0, ownsHandle: true) => Context = context;

    public override bool IsInvalid => handle == 0;

    protected ContextHandle Context { get; }

    /// <summary>Takes over what the driver has made.</summary>
    protected void Own(nint made)
    {
        SetHandle(made);
        Context.DangerousAddRef(ref holdsContext);
    }

    protected abstract bool Free();

    protected override bool ReleaseHandle()
    {
        var isFreed = Context.Enter() == 0 && Free();
        if (holdsContext)
        {
            Context.DangerousRelease();
        }

        return isFreed;
    }
}
