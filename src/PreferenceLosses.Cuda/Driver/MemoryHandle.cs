namespace PreferenceLosses.Cuda.Driver;

/// <summary>Memory of a device.</summary>
internal sealed class MemoryHandle : InContext
{
    public MemoryHandle(ContextHandle context, long bytes)
        : base(context)
    {
        context.MakeCurrent();
        CudaException.Check(DriverApi.MemAlloc(out var address, (nuint)Math.Max(bytes, 1)), "cuMemAlloc_v2", FormattableString.Invariant($"{bytes} bytes were asked for."));
        Own(address);
    }

    protected override bool Free() => DriverApi.MemFree(handle) == 0;
}

/// <summary>Page-locked memory of the host.</summary>
internal sealed class PinnedHandle : InContext
{
    public PinnedHandle(ContextHandle context, long bytes)
        : base(context)
    {
        context.MakeCurrent();
        CudaException.Check(DriverApi.MemHostAlloc(out var address, (nuint)Math.Max(bytes, 1), 0), "cuMemHostAlloc", FormattableString.Invariant($"{bytes} bytes of the host were asked for."));
        Own(address);
    }

    /// <summary>A copy may still be reading or writing it: the device is waited for.</summary>
    protected override bool Free() => DriverApi.CtxSynchronize() == 0 & DriverApi.MemFreeHost(handle) == 0;
}

/// <summary>A point on a stream.</summary>
internal sealed class EventHandle : InContext
{
    public EventHandle(ContextHandle context)
        : base(context)
    {
        context.MakeCurrent();
        CudaException.Check(DriverApi.EventCreate(out var created, 0), "cuEventCreate");
        Own(created);
    }

    protected override bool Free() => DriverApi.EventDestroy(handle) == 0;
}
