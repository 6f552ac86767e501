using System.Reflection;
using System.Runtime.InteropServices;

namespace PreferenceLosses.Cuda.Driver;

/// <summary>Where the NVIDIA driver's library is found.</summary>
internal static class DriverLibrary
{
    /// <summary>What imports call it.</summary>
    public const string Name = "cuda-driver";

    /// <summary>The environment variable with the path of another library in place of the driver's.</summary>
    public const string OverrideVariable = "PREFERENCE_LOSSES_CUDA_DRIVER";

    /// <summary>Imports of this assembly are resolved here. An assembly can say that once.</summary>
    public static void Register() => NativeLibrary.SetDllImportResolver(typeof(DriverLibrary).Assembly, Resolve);

    /// <summary>The library, from the path that is given, or where drivers put it; 0 if it is not there.</summary>
    public static nint Find(string? path)
    {
        // A path that is given is the only one: if it is wrong, that has to be seen.
        string[] places = path is { Length: > 0 } ? [path]
            : OperatingSystem.IsWindows() ? ["nvcuda.dll"]
            : ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"];
        foreach (var place in places)
        {
            if (NativeLibrary.TryLoad(place, out var library))
            {
                return library;
            }
        }

        return 0;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name == Name ? Find(Environment.GetEnvironmentVariable(OverrideVariable)) : 0;
}
