using PreferenceLosses.Cuda;

namespace PreferenceLosses.Gpu.Speed;

/// <summary>
/// Work that is on the stream before a sample: while the device copies, the host puts the calls there, so that what it needs for that is not part of their time.
/// compare.py has the same before its samples.
/// </summary>
internal sealed class Lead : IDisposable
{
    private const int Copies = 8;
    private const long HalfBytes = 256L << 20;
    private const long QuickHalfBytes = 1 << 16;
    private const int Samples = 5;

    private readonly CudaDevice device;
    private readonly DeviceMemory memory;

    public Lead(CudaDevice device, bool isQuick)
    {
        this.device = device;
        memory = device.Allocate(2 * (isQuick ? QuickHalfBytes : HalfBytes));
        Put();
        Microseconds = Timing.MedianOf([.. Enumerable.Range(0, Samples).Select(_ => 1000 * device.Time(Put))]);
    }

    /// <summary>How long the device is busy with it.</summary>
    public double Microseconds { get; }

    /// <summary>Puts it on the stream.</summary>
    public void Put()
    {
        for (var i = 0; i < Copies; i++)
        {
            device.Copy(memory.Address, memory.Address + (nint)(memory.Bytes / 2), memory.Bytes / 2);
        }
    }

    public void Dispose() => memory.Dispose();
}
