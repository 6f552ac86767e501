using System.Runtime.InteropServices;
using PreferenceLosses.Cuda.Driver;

namespace PreferenceLosses.Cuda;

/// <summary>The NVIDIA driver refused a call, or there is none that can be used. The message says which call, its error, and what to do.</summary>
public sealed class CudaException : Exception
{
    /// <summary>An error without a call: no driver, or one that is too old.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    public CudaException(string message)
        : base(message)
    {
    }

    private CudaException(string call, int error, string details)
        : base($"{call} failed with {NameOf(error)} ({error}): {Remedy(error)}{(details.Length > 0 ? $"\n{details}" : "")}")
    {
        Call = call;
        Error = error;
    }

    /// <summary>The function of the driver; null where none was called.</summary>
    public string? Call { get; }

    /// <summary>The driver's number of the error (CUresult); 0 where none was called.</summary>
    public int Error { get; }

    /// <summary>Throws unless a call went well.</summary>
    internal static void Check(int error, string call, string details = "")
    {
        if (error != 0)
        {
            throw new CudaException(call, error, details);
        }
    }

    private static string NameOf(int error) =>
        DriverApi.GetErrorName(error, out var name) == 0 ? Marshal.PtrToStringUTF8(name) ?? "an unknown error" : "an unknown error";

    private static string Remedy(int error) => error switch
    {
        1 => "an argument is not accepted; most often a pointer that is not of this device.",
        2 => "the device has no memory left; use smaller batches, or free what other libraries keep.",
        100 => "there is no CUDA device; check nvidia-smi, and CUDA_VISIBLE_DEVICES.",
        201 => "the context is not usable here; open the device again.",
        209 => "the kernels are for compute capability 8.0 (Ampere) and later.",
        218 => "the driver does not accept the kernel's text, which is a bug of this library; please report it with what follows.",
        221 or 223 => "the driver's compiler (libnvidia-ptxjitcompiler) is missing or switched off; in a container, give it the driver capability 'compute'.",
        222 => "the driver is too old for PTX 7.0; CUDA 11.0 (driver 450) or later is needed.",
        500 => "the module has no such kernel, which is a bug of this library; please report it.",
        700 => "a kernel reached memory that is not there: a pointer or a shape is wrong. The context is lost; the process has to start again.",
        716 => "a pointer is not aligned to its element. The context is lost; the process has to start again.",
        _ => "see the CUDA driver API's list of errors.",
    };
}
