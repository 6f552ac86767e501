using PreferenceLosses.Cuda.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Support;

/// <summary>
/// As long as it lives, tensors of the CPU are those of a CUDA device: kernels are launched on a stand-in for the driver, and an interpreter runs them on the
/// tensors' memory, within the bounds of the tensors whose addresses it was given.
/// </summary>
internal sealed class DeviceDouble : CudaTensors, IDisposable
{
    private readonly CudaTensors others = Current;
    private readonly SortedDictionary<nint, long> lent = [];

    public DeviceDouble()
    {
        // What libtorch does with its tensors is not on the stand-in's stream.
        DriverDouble.Configure(copiesAtOnce: true);
        DriverDouble.Lent = Find;
        Current = this;
    }

    /// <summary>Why there is none. It takes the place of the driver for the whole process, so not where there is one to be tested.</summary>
    public static string? Missing { get; } = TorchBackend.Missing
        ?? (cuda.is_available() ? "There is a CUDA device, which other tests use." : Compiler.IsThere ? null : "There is no g++ here (on Linux, x64 or Arm).");

    /// <summary>The kernels that were launched.</summary>
    public static IReadOnlyList<string> Launched
    {
        get
        {
            Assert.Null(DriverDouble.Failure);
            return DriverDouble.Launched;
        }
    }

    public override bool AreOnDevice(Tensor tensor) => tensor.device_type == DeviceType.CPU;

    public override nint Address(Tensor tensor)
    {
        Assert.True(tensor.is_contiguous());
        var (address, bytes) = (base.Address(tensor), tensor.numel() * tensor.ElementSize);
        foreach (var (other, length) in lent.ToArray())
        {
            // Memory that was given back, and lent as that of another tensor.
            if (other < address + bytes && address < other + length)
            {
                lent.Remove(other);
            }
        }

        lent.Add(address, bytes);
        return address;
    }

    public void Dispose()
    {
        Current = others;
        DriverDouble.Lent = null;
    }

    private (nint Address, long Bytes)? Find(nint address)
    {
        foreach (var (start, bytes) in lent)
        {
            if (start <= address && address < start + bytes)
            {
                return (start, bytes);
            }
        }

        return null;
    }
}
