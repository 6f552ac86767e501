using PreferenceLosses.Cuda.Emission;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda;

/// <summary>
/// Evaluates a loss on a device: losses, rewards, metrics and gradients, in one launch up to 16,384 rows, and in one per pass over the batch and
/// one more beyond. The kernels are written for the loss and compiled by the driver when they are first wanted; hyper-parameters are not part of them.
/// </summary>
/// <remarks>
/// The digits are those of the CPU path in single precision, and depend neither on the device nor on the run. Nothing waits for the device, but for a loss that
/// sorts or scans its batch (<see cref="GoesThroughHost"/>). An object is not for several threads or streams at once, because it keeps
/// the memory between passes, unless each call is given its own.
/// </remarks>
/// <param name="device">The device.</param>
/// <param name="loss">The loss.</param>
public sealed class CudaLoss(CudaDevice device, IPreferenceLoss loss) : IDisposable
{
    private readonly CudaDevice device = device ?? throw new ArgumentNullException(nameof(device));
    private readonly IPreferenceLoss loss = loss ?? throw new ArgumentNullException(nameof(loss));
    private DeviceMemory? scratch;

    /// <summary>
    /// Whether batches go through the host, because the loss sorts or scans them (<c>aot</c>, <c>aot-unpaired</c>, quantiles): columns are copied there, evaluated
    /// by the CPU path, and results are copied back. Each evaluation then waits for what is on the stream before it, and for other evaluations through the host of the same
    /// device, with which it shares page-locked memory that the <see cref="CudaDevice"/> keeps; and it refuses a batch as the CPU path does.
    /// </summary>
    public bool GoesThroughHost { get; } = HostEvaluation.IsNeededBy(loss.Graph);

    /// <summary>How batches are cut into blocks, for tests.</summary>
    internal LaunchShape Cut { get; init; } = LaunchShape.Default;

    /// <summary>Puts the evaluation of a batch on a stream.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="destination">Where results are written.</param>
    /// <param name="stream">The driver's handle of the stream; 0 is the default stream, where PyTorch and TorchSharp work.</param>
    /// <exception cref="NotSupportedException">The loss has something that kernels do not.</exception>
    /// <exception cref="ArgumentException">A column or scalar is missing, or a gradient is asked for that there is not.</exception>
    /// <exception cref="InvalidBatchException">The batch goes through the host, and a column holds what it may not.</exception>
    /// <exception cref="CudaException">The driver refused a call.</exception>
    public void Evaluate(CudaBatch batch, CudaDestination destination, nint stream = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch.Rows, 1, nameof(batch));
        var variant = Variant(batch, destination);
        CheckScalars(batch);
        if (GoesThroughHost)
        {
            new HostEvaluation(device, loss).Evaluate(batch, destination, stream);
            return;
        }

        var kernel = LossKernel.Of(loss, variant);
        var between = destination.Scratch != 0 ? destination.Scratch : OwnScratch(kernel.ScratchBytes(batch.Rows));
        var scalars = kernel.HostScalars(batch.Rows, loss.Parameters, batch.Scalars);
        var parameters = new ulong[kernel.Parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = kernel.Parameters[i];
            parameters[i] = parameter.Argument switch
            {
                Argument.Rows => (ulong)batch.Rows,
                Argument.Blocks => (ulong)kernel.Blocks(batch.Rows, Cut),
                Argument.Column => (ulong)Column(batch, kernel.Columns[parameter.Index].Name),
                Argument.Mask => (ulong)batch.ResponseMask,
                Argument.Exclusion => (ulong)batch.Columns[Columns.Weight],
                Argument.Output => (ulong)Output(batch, destination, kernel.RowOutputs[parameter.Index - kernel.FirstRowOutput]),
                Argument.ScalarOutputs => (ulong)destination.Scalars,
                Argument.Scratch => (ulong)between,
                Argument.Double => BitConverter.DoubleToUInt64Bits(scalars[parameter.Index]),
                _ => BitConverter.SingleToUInt32Bits((float)KernelPlan.InRange(scalars[parameter.Index])),
            };
        }

        var module = device.Module(kernel.Module);
        foreach (var (entry, blocks, threads) in kernel.Launches(batch.Rows, Cut))
        {
            module.Launch(entry, blocks, threads, stream, parameters);
        }
    }

    /// <summary>The bytes of memory that an evaluation needs between passes. Of addresses, it matters only which are 0.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="destination">Where results are to be written.</param>
    /// <exception cref="NotSupportedException">The loss has something that kernels do not.</exception>
    /// <exception cref="ArgumentException">A gradient is asked for that there is not.</exception>
    public long ScratchBytes(CudaBatch batch, CudaDestination destination)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch.Rows, 1, nameof(batch));
        var variant = Variant(batch, destination);
        return GoesThroughHost ? 0 : LossKernel.Of(loss, variant).ScratchBytes(batch.Rows);
    }

    /// <summary>Frees the memory between passes.</summary>
    public void Dispose() => scratch?.Dispose();

    private nint OwnScratch(long bytes)
    {
        if (scratch is null || scratch.Bytes < bytes)
        {
            scratch?.Dispose();
            scratch = device.Allocate(bytes);
        }

        return scratch.Address;
    }

    private KernelVariant Variant(CudaBatch batch, CudaDestination destination)
    {
        if (destination.Scalars == 0)
        {
            throw new ArgumentException("The destination has no memory for the scalars; four doubles are needed.", nameof(destination));
        }

        if ((destination.ChosenReward == 0) != (destination.RejectedReward == 0))
        {
            throw new ArgumentException("Rewards are written for both responses or for none of them.", nameof(destination));
        }

        if (destination.ChosenReward != 0 && loss.Graph.Rewards is null)
        {
            throw new ArgumentException($"The loss '{loss.Name}' has no implicit rewards.", nameof(destination));
        }

        var gradients = 0UL;
        foreach (var name in destination.Gradients.Keys)
        {
            var input = loss.Graph.Inputs.ToList().FindIndex(i => i.Name == name && i.IsDifferentiable);
            gradients |= input >= 0 ? 1UL << input : throw new ArgumentException(
                $"The loss '{loss.Name}' has no gradient for '{name}'; it has one for {string.Join(", ", loss.Graph.Inputs.Where(i => i.IsDifferentiable).Select(i => i.Name))}.",
                nameof(destination));
        }

        var hasWeights = batch.Columns.ContainsKey(Columns.Weight);
        var results = new ResultSelection(destination.Losses != 0, destination.ChosenReward != 0, gradients, IsWeighted: hasWeights || batch.Upstream != 0);
        return new KernelVariant(results, batch.Upstream != 0 ? Reduction.Sum : batch.Reduction)
        {
            Excludes = hasWeights,
            Responses = loss.Graph.Inputs.Any(i => i.Shape == Shape.Responses) ? batch.ResponsesPerRow : 1,
            HasMask = batch.ResponseMask != 0,
        };
    }

    /// <summary>The address of what a program calls a column.</summary>
    internal static nint Column(CudaBatch batch, string name) => name switch
    {
        CompiledLoss.WeightColumn => batch.Upstream != 0 ? batch.Upstream : batch.Columns[Columns.Weight],

        // Without an upstream of their own, both halves of a 2B loss have the row's weight.
        CompiledLoss.SecondWeightColumn => batch.Upstream != 0 ? batch.Upstream + ((nint)batch.Rows * sizeof(float)) : batch.Columns[Columns.Weight],
        _ => batch.Columns.TryGetValue(name, out var address) && address != 0
            ? address
            : throw new ArgumentException($"The batch has no column '{name}', which the loss reads.", nameof(batch)),
    };

    private static nint Output(CudaBatch batch, CudaDestination destination, string name) => name switch
    {
        LossOutputs.Losses => destination.Losses,
        LossOutputs.SecondLosses => destination.Losses + ((nint)batch.Rows * sizeof(float)),
        LossOutputs.ChosenReward => destination.ChosenReward,
        LossOutputs.RejectedReward => destination.RejectedReward,
        _ => destination.Gradients[name],
    };

    private void CheckScalars(CudaBatch batch)
    {
        foreach (var input in loss.Graph.Inputs)
        {
            if (input.Shape == Shape.Scalar && batch.Scalars?.ContainsKey(input.Name!) != true)
            {
                throw new ArgumentException($"The batch has no scalar '{input.Name}', which the loss reads.", nameof(batch));
            }
        }
    }
}
