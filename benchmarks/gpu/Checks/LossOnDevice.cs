using PreferenceLosses.Cuda;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>A batch in the memory of a device, memory for everything that a loss has, and its evaluation.</summary>
internal sealed class LossOnDevice : IDisposable
{
    private readonly CudaDevice device;
    private readonly IPreferenceLoss loss;
    private readonly CudaLoss cuda;
    private readonly List<DeviceMemory> memory = [];
    private readonly Dictionary<string, (DeviceMemory Memory, int Count)> outputs = [];
    private readonly DeviceMemory scalars;
    private readonly CudaBatch batch;
    private readonly CudaDestination destination;

    public LossOnDevice(CudaDevice device, IPreferenceLoss loss, FormulaBatch values, float[]? weights, Reduction reduction)
    {
        this.device = device;
        this.loss = loss;
        cuda = new CudaLoss(device, loss);
        var columns = values.Columns.ToDictionary(c => c.Key, c => Keep<float>(c.Value.Select(v => (float)v).ToArray()).Address);
        if (weights is not null)
        {
            columns[Columns.Weight] = Keep<float>(weights).Address;
        }

        batch = new CudaBatch
        {
            Rows = values.Rows,
            Columns = columns,
            ResponsesPerRow = values.Responses,
            ResponseMask = values.Mask is null ? 0 : Keep<byte>(values.Mask.Select(m => m ? (byte)1 : (byte)0).ToArray()).Address,
            Scalars = values.Scalars,
            Reduction = reduction,
        };
        scalars = Keep<double>(new double[4]);
        nint Output(string name, int count)
        {
            outputs[name] = (Keep<float>(new float[count]), count);
            return outputs[name].Memory.Address;
        }

        var hasRewards = loss.Graph.Rewards is not null;
        destination = new CudaDestination
        {
            Losses = Output("losses", values.Rows * loss.Graph.Losses.Length),
            ChosenReward = hasRewards ? Output("chosen reward", values.Rows) : 0,
            RejectedReward = hasRewards ? Output("rejected reward", values.Rows) : 0,
            Gradients = loss.Graph.Inputs.Where(i => i.IsDifferentiable).ToDictionary(
                i => i.Name!, i => Output(i.Name!, values.Rows * (i.Shape == Shape.Responses ? values.Responses : 1))),
            Scalars = scalars.Address,
        };
    }

    /// <summary>The loss's name and everything that is written per row, by name.</summary>
    public IEnumerable<string> Outputs => outputs.Keys;

    /// <summary>Whether the loss is evaluated on the CPU, and has no kernel.</summary>
    public bool GoesThroughHost => cuda.GoesThroughHost;

    /// <summary>Writes the kernels, which does not need the device.</summary>
    public long WriteKernels() => cuda.ScratchBytes(batch, destination);

    /// <summary>Evaluates the loss, and waits.</summary>
    /// <param name="filler">What is in all outputs before: a value that nobody has written would differ between two fillers.</param>
    public void Evaluate(float filler)
    {
        foreach (var (output, count) in outputs.Values)
        {
            var values = new float[count];
            values.AsSpan().Fill(filler);
            output.CopyFrom<float>(values);
        }

        scalars.CopyFrom<double>([filler, filler, filler, filler]);
        cuda.Evaluate(batch, destination);
        device.Synchronize();
    }

    /// <summary>What is in an output.</summary>
    public float[] Read(string name)
    {
        var (output, count) = outputs[name];
        var values = new float[count];
        output.CopyTo<float>(values);
        return values;
    }

    /// <summary>The reduced loss, and where there are rewards their two means and the accuracy.</summary>
    public double[] ReadScalars()
    {
        var values = new double[loss.Graph.Rewards is null ? 1 : 4];
        scalars.CopyTo<double>(values);
        return values;
    }

    public void Dispose()
    {
        cuda.Dispose();
        foreach (var one in memory)
        {
            one.Dispose();
        }
    }

    private DeviceMemory Keep<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        memory.Add(device.Allocate(values));
        return memory[^1];
    }
}
