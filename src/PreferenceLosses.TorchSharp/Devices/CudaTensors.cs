using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using PreferenceLosses.Cuda;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Which tensors the kernels of PreferenceLosses.Cuda can work on, and where their memory is.</summary>
/// <remarks>
/// TorchSharp works on the default stream of the device, and so do the kernels: what is launched here is done after what made the tensors, and before what reads
/// them, without waiting for anything. Memory that is given back while a kernel still runs is handed out again on that stream alone.
/// </remarks>
internal class CudaTensors
{
    private static readonly ConcurrentDictionary<int, CudaDevice> Devices = new();
    private static readonly Lazy<nint> DataExport = new(FindData);

    /// <summary>What everybody asks. Tests without a device put one in its place that takes tensors of the CPU.</summary>
    public static CudaTensors Current { get; set; } = new();

    /// <summary>Whether the tensor is on a device that kernels run on.</summary>
    public virtual bool AreOnDevice(Tensor tensor) => tensor.device_type == TorchSharp.DeviceType.CUDA;

    /// <summary>Whether the tensor is where the core computes.</summary>
    public static bool AreOnHost(Tensor tensor) => tensor.device_type == TorchSharp.DeviceType.CPU && !Current.AreOnDevice(tensor);

    /// <summary>Why the fused route does not take a tensor that is on neither.</summary>
    public static NotSupportedException Refuse(Tensor tensor) => new(
        $"The tensors are on {tensor.device}, and the fused route computes on the CPU and on CUDA devices. {nameof(LossRoute)}.{nameof(LossRoute.Lowered)} runs on every device.");

    /// <summary>The address of a tensor's first element on its device.</summary>
    /// <exception cref="NotSupportedException">TorchSharp's library does not tell.</exception>
    public virtual unsafe nint Address(Tensor tensor)
    {
        var address = ((delegate* unmanaged[Cdecl]<nint, nint>)DataExport.Value)(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>The device of a tensor, opened once for the whole process.</summary>
    /// <exception cref="CudaException">It cannot be used.</exception>
    public static CudaDevice DeviceOf(Tensor tensor) => Devices.GetOrAdd(Math.Max(tensor.device_index, 0), static number => CudaDevice.Open(number));

    /// <summary>The library's function is no part of TorchSharp's public interface, which tells the address of no tensor of half precision.</summary>
    private static nint FindData()
    {
        const string Library = "LibTorchSharp", Function = "THSTensor_data";
        var assembly = typeof(Tensor).Assembly;
        return NativeLibrary.TryLoad(Library, assembly, null, out var library) && NativeLibrary.TryGetExport(library, Function, out var export)
            ? export
            : throw new NotSupportedException(
                $"{Library} of TorchSharp {assembly.GetName().Version} has no function {Function}, which the fused route needs for tensors of a GPU (that of TorchSharp 0.106 has it). "
                + $"{nameof(LossRoute)}.{nameof(LossRoute.Lowered)} does without.");
    }
}
