using PreferenceLosses.Cuda;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch;

/// <summary>
/// A loss by the kernels of PreferenceLosses.Cuda, on the memory of a device's tensors. It waits for the device for the scalar inputs of a loss, and where a loss
/// sorts its batch, which goes through the host; for nothing else.
/// </summary>
internal sealed class CudaFusedLoss
{
    private readonly IPreferenceLoss loss;
    private readonly PreparedBatch batch;
    private readonly Reduction reduction;
    private readonly Dictionary<string, double> scalars;
    private readonly int[] wanted;

    private CudaFusedLoss(IPreferenceLoss loss, TensorBatch given, EvaluationOptions options)
    {
        this.loss = loss;
        reduction = options.Reduction;
        batch = PreparedBatch.Of(loss.Graph, given, options.SingleRow, leavesRowsOut: false);
        if (batch.Precision == ScalarType.Float64)
        {
            throw new NotSupportedException(
                $"A column is of type {ScalarType.Float64}, and the fused route computes in single precision on a GPU. {nameof(LossRoute)}.{nameof(LossRoute.Lowered)} computes in double precision.");
        }

        batch.MakeContiguous();
        if (batch.Weight is null)
        {
            TensorChecks.RowCount(loss.Graph, batch.Rows, options.SingleRow);
        }

        // Kernels take them as arguments, so the device is waited for.
        scalars = Enumerable.Range(0, batch.Inputs.Length)
            .Where(i => loss.Graph.Inputs[i].Shape == Shape.Scalar)
            .ToDictionary(i => loss.Graph.Inputs[i].Name!, i => (double)batch.Inputs[i].item<float>());
        wanted = is_grad_enabled() ? batch.Differentiated(loss.Graph) : [];
    }

    private Columnar Columns => new(batch.Inputs, batch.Mask, batch.Weight, Upstream: null);

    public static TensorLossResult Evaluate(IPreferenceLoss loss, TensorBatch given, EvaluationOptions options)
    {
        using var scope = NewDisposeScope();
        var call = new CudaFusedLoss(loss, given, options);
        var batch = call.batch;
        var rewards = loss.Graph.Rewards is null ? null : empty(2, batch.Rows, ScalarType.Float32, batch.Device);
        var gradients = call.Gradients(batch.Inputs);
        var value = call.Launch(call.Columns, new Results(Losses: null, rewards, gradients));
        BackwardPass? pass = null;
        if (call.wanted.Length > 0)
        {
            pass = new BackwardPass();
            value = call.Attached(value, gradients, static (saved, upstream) => [.. saved.Select(gradient => gradient * upstream)], pass);
        }

        var kept = batch.Weight?.ne(tensor(0f)).MoveToOuterDisposeScope();
        return new TensorLossResult(
            batch.Rows,
            kept,
            batch.Rows == 0 && options.Reduction == Reduction.Mean ? null : value.MoveToOuterDisposeScope(),
            () => Losses(loss, given, options, pass),
            rewards is null ? null : new TensorRewards(
                rewards[0].MoveToOuterDisposeScope(), rewards[1].MoveToOuterDisposeScope(), kept?.alias().MoveToOuterDisposeScope()),
            pass);
    }

    /// <summary>The unreduced losses as part of the autograd graph, by a launch of their own: seldom does anybody want them.</summary>
    private static Tensor Losses(IPreferenceLoss loss, TensorBatch given, EvaluationOptions options, BackwardPass? pass)
    {
        using var mode = set_grad_enabled(pass is not null);
        using var scope = NewDisposeScope();
        var call = new CudaFusedLoss(loss, given, options);
        var columns = call.Columns;
        var losses = empty((long)call.batch.Rows * loss.Graph.Losses.Length, ScalarType.Float32, call.batch.Device);
        call.Launch(columns, new Results(losses, Rewards: null, []));
        if (pass is null)
        {
            return losses.MoveToOuterDisposeScope();
        }

        // What the kernels of the way back refuse is refused here. Nothing is launched: the tensors stand for others of their shapes.
        call.Check(columns with { Upstream = losses }, new Results(Losses: null, Rewards: null, call.Differentiated(columns.Inputs)));
        var (inputs, hasMask, hasWeight) = (columns.Inputs.Length, columns.Mask is not null, columns.Weight is not null);
        Tensor[] Back(List<Tensor> saved, Tensor upstream)
        {
            using var backScope = NewDisposeScope();
            var again = new Columnar([.. saved.Take(inputs)], hasMask ? saved[inputs] : null, hasWeight ? saved[^1] : null, upstream.contiguous());
            var gradients = call.Gradients(again.Inputs);
            call.Launch(again, new Results(Losses: null, Rewards: null, gradients));
            return [.. gradients.Select(gradient => gradient.MoveToOuterDisposeScope())];
        }

        List<Tensor> toSave = [.. columns.Inputs, .. new[] { columns.Mask, columns.Weight }.OfType<Tensor>()];
        return call.Attached(losses, toSave, Back, pass).MoveToOuterDisposeScope();
    }

    /// <summary>A value as a function of the columns that gradients are wanted for.</summary>
    private Tensor Attached(Tensor value, List<Tensor> toSave, Func<List<Tensor>, Tensor, Tensor[]> gradients, BackwardPass pass)
    {
        var arguments = new SavingLossFunction.Arguments(
            value, toSave, gradients, [.. Differentiated(batch.Inputs).Select(GradientForm.Of)], pass);
        return SavingLossFunction.apply([.. Differentiated(batch.Inputs), arguments]);
    }

    private IEnumerable<Tensor> Differentiated(Tensor[] inputs) => wanted.Select(i => inputs[i]);

    private List<Tensor> Gradients(Tensor[] inputs) => [.. Differentiated(inputs).Select(input => empty_like(input))];

    /// <summary>Puts the kernels on the stream; the reduced loss.</summary>
    private Tensor Launch(Columnar columns, Results results)
    {
        using var scope = NewDisposeScope();
        if (batch.Rows == 0)
        {
            return zeros([], ScalarType.Float32, batch.Device).MoveToOuterDisposeScope();
        }

        var reduced = empty(4, ScalarType.Float64, batch.Device);
        using var kernels = new CudaLoss(CudaTensors.DeviceOf(reduced), loss);
        var bytes = kernels.ScratchBytes(Read(columns), Written(results, reduced, scratch: 0));
        var scratch = bytes == 0 ? null : empty(bytes, ScalarType.Byte, batch.Device);
        kernels.Evaluate(Read(columns), Written(results, reduced, Address(scratch)));
        return reduced[0].to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Refuses what kernels do not do; of addresses, it matters only which are 0.</summary>
    private void Check(Columnar columns, Results results)
    {
        if (batch.Rows > 0)
        {
            using var kernels = new CudaLoss(CudaTensors.DeviceOf(columns.Inputs[0]), loss);
            _ = kernels.ScratchBytes(Read(columns), Written(results, columns.Inputs[0], scratch: 0));
        }
    }

    private CudaBatch Read(Columnar columns)
    {
        var addresses = new Dictionary<string, nint>();
        for (var i = 0; i < columns.Inputs.Length; i++)
        {
            if (loss.Graph.Inputs[i].Shape != Shape.Scalar)
            {
                addresses[loss.Graph.Inputs[i].Name!] = Address(columns.Inputs[i]);
            }
        }

        if (columns.Weight is not null)
        {
            addresses[PreferenceLosses.Columns.Weight] = Address(columns.Weight);
        }

        return new CudaBatch
        {
            Rows = batch.Rows,
            Columns = addresses,
            Upstream = Address(columns.Upstream),
            ResponsesPerRow = batch.Responses,
            ResponseMask = Address(columns.Mask),
            Scalars = scalars,
            Reduction = reduction,
        };
    }

    private CudaDestination Written(Results results, Tensor reduced, nint scratch)
    {
        var rewards = Address(results.Rewards);
        return new CudaDestination
        {
            Losses = Address(results.Losses),
            ChosenReward = rewards,
            RejectedReward = rewards == 0 ? 0 : rewards + ((nint)batch.Rows * sizeof(float)),
            Gradients = wanted.Zip(results.Gradients).ToDictionary(pair => loss.Graph.Inputs[pair.First].Name!, pair => Address(pair.Second)),
            Scalars = Address(reduced),
            Scratch = scratch,
        };
    }

    private static nint Address(Tensor? tensor) => tensor is null ? 0 : CudaTensors.Current.Address(tensor);

    /// <summary>What kernels read: the columns in the order of the graph's inputs, and what else there is for each row.</summary>
    private sealed record Columnar(Tensor[] Inputs, Tensor? Mask, Tensor? Weight, Tensor? Upstream);

    /// <summary>What kernels write beside the reduced loss: losses, both rewards [2, rows], and the gradients that are wanted, or none.</summary>
    private sealed record Results(Tensor? Losses, Tensor? Rewards, IEnumerable<Tensor> Gradients);
}
