using TorchSharp;

namespace PreferenceLosses.Torch.Tests.Support;

/// <summary>Whether there is a native library for TorchSharp to run on, and why not.</summary>
internal static class TorchBackend
{
    public static string? Missing { get; } = Probe();

    public static string? WithoutCuda { get; } = Missing ?? (torch.cuda.is_available() ? null : "There is no CUDA device, or TorchSharp's backend is for the CPU.");

    private static string? Probe()
    {
        try
        {
            using var tensor = torch.zeros(1);
            return null;
        }
        catch (TypeInitializationException exception)
        {
            return $"TorchSharp found no native library: {exception.InnerException?.Message.Split('\n')[0]}";
        }
    }
}

/// <summary>A test that needs TorchSharp to run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute() => Skip = TorchBackend.Missing;
}

/// <summary>Tests that need TorchSharp to run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = TorchBackend.Missing;
}

/// <summary>A test that needs a CUDA device.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CudaTheoryAttribute : TheoryAttribute
{
    public CudaTheoryAttribute() => Skip = TorchBackend.WithoutCuda;
}

/// <summary>A test that needs a stand-in for a CUDA device.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceDoubleFactAttribute : FactAttribute
{
    public DeviceDoubleFactAttribute() => Skip = DeviceDouble.Missing;
}

/// <summary>Tests that need a stand-in for a CUDA device.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceDoubleTheoryAttribute : TheoryAttribute
{
    public DeviceDoubleTheoryAttribute() => Skip = DeviceDouble.Missing;
}
