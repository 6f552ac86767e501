using System.Runtime.InteropServices;
using PreferenceLosses.Cuda;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Gpu.Speed;

/// <summary>
/// What is measured of a loss of pairs: losses, the gradient of their mean for the policy's two columns, and if wanted rewards with their means and the accuracy, on random batches
/// in several copies, so that no call finds its batch in the device's cache.
/// </summary>
internal sealed class PairWork : IDisposable
{
    private readonly CudaLoss loss;
    private readonly DeviceMemory memory;
    private readonly (CudaBatch Batch, CudaDestination Destination)[] sets;

    /// <param name="device">The device.</param>
    /// <param name="name">The catalogue name of a loss that reads the four log-probabilities.</param>
    /// <param name="pairs">Pairs per batch.</param>
    /// <param name="withMetrics">Whether rewards are written.</param>
    /// <param name="setCount">How many copies.</param>
    public PairWork(CudaDevice device, string name, int pairs, bool withMetrics, int setCount)
    {
        var found = LossCatalog.BuiltIn.Find(name).Loss;
        loss = new CudaLoss(device, found);
        var outputs = OutputsPerPair(found, withMetrics);
        Bytes = BytesOf(name, pairs, withMetrics);

        // Columns start at multiples of 256 bytes.
        var column = ((sizeof(float) * (long)pairs) + 255) / 256 * 256;
        var setBytes = (column * (Inputs.Length + outputs)) + 256;
        var random = new Random(1);
        var block = new float[Math.Min(setBytes / sizeof(float), (1 << 22) + 3)];
        for (var i = 0; i < block.Length; i++)
        {
            block[i] = -60 + (20 * random.NextSingle());
        }

        memory = CopyRate.Repeated(device, MemoryMarshal.AsBytes<float>(block).ToArray(), setBytes * setCount);
        sets = [.. Enumerable.Range(0, setCount).Select(set =>
        {
            nint Column(int at) => memory.Address + (nint)((setBytes * set) + (column * at));
            var next = Inputs.Length + found.Graph.Losses.Length;
            return (
                new CudaBatch { Rows = pairs, Columns = Inputs.Select((input, i) => (input, i)).ToDictionary(c => c.input, c => Column(c.i)) },
                new CudaDestination
                {
                    Losses = Column(Inputs.Length),
                    Gradients = new Dictionary<string, nint> { [Columns.PolicyChosen] = Column(next), [Columns.PolicyRejected] = Column(next + 1) },
                    ChosenReward = withMetrics ? Column(next + 2) : 0,
                    RejectedReward = withMetrics ? Column(next + 3) : 0,
                    Scalars = Column(Inputs.Length + outputs),
                });
        })];
        ExtraBytes = loss.ScratchBytes(sets[0].Batch, sets[0].Destination);
    }

    /// <summary>The fewest bytes that a call has to move: each column once.</summary>
    public long Bytes { get; }

    /// <summary>The memory between passes.</summary>
    public long ExtraBytes { get; }

    public int SetCount => sets.Length;

    /// <summary>The fewest bytes that such a call has to move.</summary>
    public static long BytesOf(string name, int pairs, bool withMetrics) =>
        (long)sizeof(float) * pairs * (Inputs.Length + OutputsPerPair(LossCatalog.BuiltIn.Find(name).Loss, withMetrics));

    public void Evaluate(int set) => loss.Evaluate(sets[set].Batch, sets[set].Destination);

    public void Dispose()
    {
        loss.Dispose();
        memory.Dispose();
    }

    private static int OutputsPerPair(PreferenceLoss loss, bool withMetrics) => loss.Graph.Losses.Length + 2 + (withMetrics ? 2 : 0);

    private static string[] Inputs => [Columns.PolicyChosen, Columns.PolicyRejected, Columns.ReferenceChosen, Columns.ReferenceRejected];
}
