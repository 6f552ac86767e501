using PreferenceLosses.Cuda;

namespace PreferenceLosses.Gpu.Speed;

/// <summary>What the device's memory gives: the rate of a copy within it, which everything that moves memory is judged by.</summary>
internal static class CopyRate
{
    /// <summary>Bytes per second, those that are read and those that are written, of the median copy.</summary>
    /// <param name="device">The device.</param>
    /// <param name="lead">What is on the stream before each copy.</param>
    /// <param name="bytes">How much is copied; several times the device's cache.</param>
    /// <param name="samples">How often.</param>
    public static double Measure(CudaDevice device, Lead lead, long bytes, int samples)
    {
        using var source = RandomBytes(device, bytes);
        using var target = device.Allocate(bytes);
        var timing = Timing.Of(device, lead, samples, calls: 1, _ => device.Copy(source.Address, target.Address, bytes));
        return 2 * bytes / (timing.Median * 1e-6);
    }

    /// <summary>Zeros can be faster than data.</summary>
    private static DeviceMemory RandomBytes(CudaDevice device, long bytes)
    {
        var block = new byte[Math.Min(bytes, (1 << 24) + 43)];
        new Random(3).NextBytes(block);
        return Repeated(device, block, bytes);
    }

    /// <summary>Memory that is filled with a block, again and again.</summary>
    public static DeviceMemory Repeated(CudaDevice device, byte[] block, long bytes)
    {
        var memory = device.Allocate(bytes);
        memory.CopyFrom<byte>(block.AsSpan(0, (int)Math.Min(block.Length, bytes)));
        for (long filled = block.Length; filled < bytes; filled += block.Length)
        {
            device.Copy(memory.Address, memory.Address + (nint)filled, Math.Min(block.Length, bytes - filled));
        }

        return memory;
    }
}
