namespace PreferenceLosses.Cuda.Tests.Interpretation;

/// <summary>A run of bytes at an address of the device.</summary>
internal sealed class Region(string name, ulong start, byte[] bytes)
{
    public string Name { get; } = name;

    public ulong Start { get; } = start;

    public byte[] Bytes { get; } = bytes;

    /// <summary>Whether the kernel that runs has written to it.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Whether the kernel that runs has read it as memory that nobody writes.</summary>
    public bool IsReadAsConstant { get; set; }
}

/// <summary>Global memory: regions with unmapped addresses between them. What is outside of a region is an error, as is what is not aligned.</summary>
internal sealed class DeviceMemory
{
    private const ulong First = 0x7F00_0000_0000;

    private readonly List<Region> regions = [];
    private Region? last;
    private ulong next = First;

    /// <summary>Bytes read by the kernels that ran.</summary>
    public long BytesRead { get; set; }

    /// <summary>Bytes written by them.</summary>
    public long BytesWritten { get; set; }

    /// <summary>A region of bytes that look like NaN until they are written.</summary>
    /// <param name="name">What it is called in errors.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="misalignment">How far its start is from an address that is a multiple of 256.</param>
    public Region Allocate(string name, long length, int misalignment = 0)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(0xFF);
        return Place(name, next + (ulong)misalignment, bytes);
    }

    /// <summary>A region with values.</summary>
    public Region Allocate<T>(string name, ReadOnlySpan<T> values, int misalignment = 0)
        where T : unmanaged
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values).ToArray();
        return Place(name, next + (ulong)misalignment, bytes);
    }

    /// <summary>A region at an address of the caller's.</summary>
    public Region Place(string name, ulong start, byte[] bytes)
    {
        var region = new Region(name, start, bytes);
        if (regions.Any(r => start < r.Start + (ulong)r.Bytes.Length && r.Start < start + (ulong)bytes.Length))
        {
            throw new ArgumentException($"The region '{name}' overlaps another.", nameof(name));
        }

        regions.Add(region);
        next = Math.Max(next, (start + (ulong)bytes.Length + 511) & ~255UL);
        return region;
    }

    public static T[] Read<T>(Region region)
        where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(region.Bytes).ToArray();

    /// <summary>The start of a launch: nothing has been written by it.</summary>
    public void StartLaunch()
    {
        foreach (var region in regions)
        {
            region.IsWritten = false;
            region.IsReadAsConstant = false;
        }
    }

    public Span<byte> ForLoad(ulong address, int size, bool isConstant)
    {
        var (region, offset) = Find(address, size);
        if (isConstant)
        {
            region.IsReadAsConstant = true;
            if (region.IsWritten)
            {
                throw new PtxException($"ld.global.nc of '{region.Name}', which the same kernel writes.");
            }
        }

        BytesRead += size;
        return region.Bytes.AsSpan(offset, size);
    }

    public Span<byte> ForStore(ulong address, int size)
    {
        var (region, offset) = Find(address, size);
        region.IsWritten = true;
        if (region.IsReadAsConstant)
        {
            throw new PtxException($"A store to '{region.Name}', which the same kernel reads by ld.global.nc.");
        }

        BytesWritten += size;
        return region.Bytes.AsSpan(offset, size);
    }

    private (Region Region, int Offset) Find(ulong address, int size)
    {
        if (address % (ulong)size != 0)
        {
            throw new PtxException($"An access of {size} bytes at {address:x}, which is not a multiple of it.");
        }

        if (last is null || address < last.Start || address + (ulong)size > last.Start + (ulong)last.Bytes.Length)
        {
            last = regions.Find(r => address >= r.Start && address + (ulong)size <= r.Start + (ulong)r.Bytes.Length)
                ?? throw new PtxException($"An access of {size} bytes at {address:x}, which is in no region: {Nearest(address)}.");
        }

        return (last, (int)(address - last.Start));
    }

    private string Nearest(ulong address)
    {
        var before = regions.Where(r => r.Start <= address).MaxBy(r => r.Start);
        return before is null ? "before all of them" : $"{address - before.Start} bytes after the start of '{before.Name}', which has {before.Bytes.Length}";
    }
}

/// <summary>What a device, or the driver's compiler, would refuse.</summary>
internal sealed class PtxException(string message) : Exception(message);
