using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests.Support;

/// <summary>The columns of a batch on a device.</summary>
internal sealed class ColumnsOnDevice : IDisposable
{
    private readonly Dictionary<string, DeviceMemory> memory;

    public ColumnsOnDevice(CudaDevice device, FormulaBatch batch, double[]? weights)
    {
        memory = batch.Columns.ToDictionary(c => c.Key, c => device.Allocate<float>(c.Value.Select(v => (float)v).ToArray()));
        if (weights is not null)
        {
            memory[Columns.Weight] = device.Allocate<float>(weights.Select(w => (float)w).ToArray());
        }
    }

    public Dictionary<string, nint> Addresses => memory.ToDictionary(m => m.Key, m => m.Value.Address);

    /// <summary>The values of memory, after what is on the default stream.</summary>
    public static T[] Read<T>(DeviceMemory memory, int count)
        where T : unmanaged
    {
        var values = new T[count];
        memory.CopyTo<T>(values);
        return values;
    }

    public void Dispose()
    {
        foreach (var column in memory.Values)
        {
            column.Dispose();
        }
    }
}
