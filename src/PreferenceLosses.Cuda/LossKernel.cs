using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using PreferenceLosses.Cuda.Driver;
using PreferenceLosses.Cuda.Emission;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda;

/// <summary>One launch of a kernel of a loss.</summary>
internal readonly record struct LossLaunch(string Entry, int Blocks, int Threads);

/// <summary>How batches are cut into blocks. The values of the default are the library's; tests use small ones.</summary>
/// <param name="WholeRows">The largest number of rows that one block does in one launch.</param>
/// <param name="WholeThreads">The largest number of threads of that block.</param>
/// <param name="PassThreads">The number of threads of a block where there are many.</param>
internal readonly record struct LaunchShape(int WholeRows, int WholeThreads, int PassThreads)
{
    /// <summary>What the library uses.</summary>
    public static LaunchShape Default { get; } = new(16384, KernelEmitter.BlockThreads, KernelEmitter.PassThreads);
}

/// <summary>The kernels of a loss: their text, what they are given, and how they are launched. Independent of any device.</summary>
internal sealed class LossKernel
{
    private const int WarpSize = 32;

    /// <summary>The core keeps what it has compiled of a structure as long as it is in use; the kernels, and what devices have loaded of them, live as long.</summary>
    private static readonly ConditionalWeakTable<CompiledLoss, ConcurrentDictionary<KernelVariant, LossKernel>> Known = [];

    private readonly KernelPlan plan;
    private readonly ScratchLayout scratch;

    private LossKernel(IPreferenceLoss loss, KernelVariant variant)
    {
        plan = KernelPlan.Of(loss, variant);
        scratch = new ScratchLayout(plan);
        var emitter = new KernelEmitter(plan);
        Module = new ModuleText(emitter.Emit());
        Parameters = emitter.Parameters;
        RowOutputs = [.. FindRowOutputs(loss.Graph, variant.Results)];
        FirstRowOutput = plan.Program.Outputs.Length - RowOutputs.Length;
    }

    /// <summary>The module.</summary>
    public ModuleText Module { get; }

    /// <summary>Its PTX text.</summary>
    public string Text => Module.Ptx;

    /// <summary>The parameters of every kernel, in their order.</summary>
    public ImmutableArray<KernelParameter> Parameters { get; }

    /// <summary>The columns, in the order of their parameters. The weights of the losses have the names of <see cref="CompiledLoss"/>.</summary>
    public ImmutableArray<ProgramColumn> Columns => plan.Program.Columns;

    /// <summary>What the outputs with a value per row are: losses, rewards, then gradients by column.</summary>
    public ImmutableArray<string> RowOutputs { get; }

    /// <summary>The position of the first of them among the outputs: the others are scalars.</summary>
    public int FirstRowOutput { get; }

    /// <summary>The kernels of a loss; those of one structure share them, whatever the values of their parameters.</summary>
    /// <exception cref="NotSupportedException">The loss has something that kernels do not.</exception>
    public static LossKernel Of(IPreferenceLoss loss, KernelVariant variant) =>
        Known.GetValue(CompiledLoss.Of(loss.Graph), static _ => new()).GetOrAdd(variant, static (wanted, loss) => new LossKernel(loss, wanted), loss);

    /// <summary>The bytes of memory that a batch needs between passes.</summary>
    public long ScratchBytes(int rows) => scratch.Size(rows);

    /// <summary>The values of all scalars that the host knows, by their number.</summary>
    public double[] HostScalars(int rows, ParameterValues parameters, IReadOnlyDictionary<string, double>? scalars) =>
        plan.HostScalars(rows, parameters, scalars);

    /// <summary>The launches of a batch, one after the other on one stream.</summary>
    public ImmutableArray<LossLaunch> Launches(int rows, LaunchShape shape)
    {
        if (rows <= shape.WholeRows)
        {
            return [new(KernelEmitter.WholeEntry, 1, Math.Clamp((rows + WarpSize - 1) / WarpSize * WarpSize, WarpSize, shape.WholeThreads))];
        }

        var blocks = Blocks(rows, shape);
        return
        [
            .. plan.Stages.Select((_, stage) => new LossLaunch(KernelEmitter.PassEntry(stage), blocks, shape.PassThreads)),
            new(KernelEmitter.FinishEntry, 1, shape.PassThreads),
        ];
    }

    /// <summary>The number of neighbouring rows that a thread takes at a time where there are many blocks.</summary>
    public int RowsPerThread => plan.RowsPerThread;

    /// <summary>The number of blocks of every pass; it depends on nothing of the device, so that no result does.</summary>
    public int Blocks(int rows, LaunchShape shape)
    {
        var rowsPerBlock = shape.PassThreads * RowsPerThread;
        return (int)Math.Min(ScratchLayout.MaxBlocks, ((long)rows + rowsPerBlock - 1) / rowsPerBlock);
    }

    private static IEnumerable<string> FindRowOutputs(LossGraph graph, ResultSelection results)
    {
        if (results.Losses)
        {
            yield return LossOutputs.Losses;
            if (graph.Losses.Length == 2)
            {
                yield return LossOutputs.SecondLosses;
            }
        }

        if (results.Rewards)
        {
            yield return LossOutputs.ChosenReward;
            yield return LossOutputs.RejectedReward;
        }

        for (var gradients = results.Gradients; gradients != 0; gradients &= gradients - 1)
        {
            yield return graph.Inputs[BitOperations.TrailingZeroCount(gradients)].Name!;
        }
    }
}

/// <summary>Names of outputs that are no gradients; no column can have one of these.</summary>
internal static class LossOutputs
{
    public const string Losses = "·losses";
    public const string SecondLosses = "·losses of the second half";
    public const string ChosenReward = "·chosen reward";
    public const string RejectedReward = "·rejected reward";
}
