using System.Collections.Concurrent;
using PreferenceLosses.Cuda.Emission;
using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Execution;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests.Support;

/// <summary>The emitted kernels of a loss, run by the interpreter on a batch.</summary>
internal sealed class EmulatedLoss
{
    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, PtxKernelText>> Modules = new();

    private readonly LossKernel kernel;
    private readonly IReadOnlyDictionary<string, PtxKernelText> module;
    private readonly EmulatedMemory memory = new();

    private EmulatedLoss(LossKernel kernel, string text)
    {
        this.kernel = kernel;
        module = Modules.GetOrAdd(text, PtxModule.Parse);
    }

    /// <summary>The results with a value per row, by the names of outputs.</summary>
    public Dictionary<string, float[]> Rows { get; } = [];

    /// <summary>The reduced loss, and where there are rewards their means and the accuracy.</summary>
    public double[] Scalars { get; private set; } = [];

    public long Instructions { get; private set; }

    public long BytesRead => memory.BytesRead;

    public long BytesWritten => memory.BytesWritten;

    /// <summary>Runs the kernels.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="batch">What it reads.</param>
    /// <param name="variant">What to compute.</param>
    /// <param name="weights">Weights of rows, 0 for those that are left out; null if there are none.</param>
    /// <param name="upstream">Weights of losses in place of those; null if there are none.</param>
    /// <param name="shape">How the batch is cut into blocks.</param>
    /// <param name="order">In which order threads go on.</param>
    /// <param name="isAligned">Whether every column and output starts at a multiple of 16 bytes.</param>
    /// <param name="change">What is changed in the text of the kernels, to break them.</param>
    public static EmulatedLoss Run(
        IPreferenceLoss loss,
        FormulaBatch batch,
        KernelVariant variant,
        double[]? weights = null,
        float[]? upstream = null,
        LaunchShape? shape = null,
        ThreadOrder order = ThreadOrder.Random,
        bool isAligned = false,
        Func<string, string>? change = null)
    {
        var kernel = LossKernel.Of(loss, variant);
        var run = new EmulatedLoss(kernel, change is null ? kernel.Text : change(kernel.Text));
        run.Launch(loss, batch, weights?.Select(w => (float)w).ToArray(), upstream, shape ?? LaunchShape.Default, order, isAligned ? 0 : 1);
        return run;
    }

    private void Launch(IPreferenceLoss loss, FormulaBatch batch, float[]? weights, float[]? upstream, LaunchShape shape, ThreadOrder order, int misalignment)
    {
        var rows = batch.Rows;
        var columns = kernel.Columns.Select((column, i) => memory.Allocate<float>($"column {column.Name}", Column(column.Name), misalignment * 4 * (i % 3))).ToArray();
        var mask = batch.Mask is null ? null : memory.Allocate<byte>("mask", batch.Mask.Select(m => m ? (byte)1 : (byte)0).ToArray(), 1);
        var exclusion = weights is null ? null : memory.Allocate<float>("exclusion", weights, misalignment * 8);
        var outputs = kernel.RowOutputs.ToDictionary(name => name, name => memory.Allocate(name, 4L * (batch.Columns.TryGetValue(name, out var c) ? c.Length : rows), misalignment * 4));
        var scalars = memory.Allocate("scalars", 8 * 4);
        var scratch = memory.Allocate("scratch", kernel.ScratchBytes(rows), misalignment * 8);
        var host = kernel.HostScalars(rows, loss.Parameters, batch.Scalars);

        float[] Column(string name) => name switch
        {
            CompiledLoss.WeightColumn => upstream?[..rows] ?? weights!,
            CompiledLoss.SecondWeightColumn => upstream?[rows..] ?? weights!,
            _ => [.. batch.Columns[name].Select(v => (float)v)],
        };
        var arguments = kernel.Parameters.Select(p => (object)(p.Argument switch
        {
            Argument.Rows => rows,
            Argument.Blocks => kernel.Blocks(rows, shape),
            Argument.Column => columns[p.Index].Start,
            Argument.Mask => mask!.Start,
            Argument.Exclusion => exclusion!.Start,
            Argument.Output => outputs[kernel.RowOutputs[p.Index - kernel.FirstRowOutput]].Start,
            Argument.ScalarOutputs => scalars.Start,
            Argument.Scratch => scratch.Start,
            Argument.Double => host[p.Index],
            _ => (object)(float)KernelPlan.InRange(host[p.Index]),
        })).ToArray();
        var machine = new PtxMachine(memory) { Order = order };
        foreach (var (entry, blocks, threads) in kernel.Launches(rows, shape))
        {
            Instructions += machine.Launch(module[entry], blocks, threads, arguments).Instructions;
        }

        foreach (var (name, region) in outputs)
        {
            Rows[name] = EmulatedMemory.Read<float>(region);
        }

        Scalars = EmulatedMemory.Read<double>(scalars);
    }
}
