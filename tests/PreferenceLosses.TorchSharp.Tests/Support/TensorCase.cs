using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch.Tests.Support;

/// <summary>The batch of a test as tensors, and what a loss gives of it.</summary>
internal sealed class TensorCase
{
    private readonly IPreferenceLoss loss;

    public TensorCase(IPreferenceLoss loss, FormulaBatch batch, ScalarType type, Device? device = null, Func<Tensor, Tensor>? placed = null)
    {
        this.loss = loss;
        placed ??= tensor => tensor;
        Tensor Place(double[] values, Shape shape)
        {
            var column = tensor(values, dtype: type, device: device);
            return placed(shape == Shape.Responses ? column.reshape(batch.Rows, batch.Responses) : column);
        }

        Batch = new TensorBatch
        {
            ResponseMask = batch.Mask is null ? null : tensor(batch.Mask, device: device).reshape(batch.Rows, batch.Responses),
        };
        foreach (var input in loss.Graph.Inputs)
        {
            Batch[input.Name!] = input.Shape == Shape.Scalar
                ? tensor(batch.Scalars[input.Name!], dtype: type, device: device)
                : Place(batch.Columns[input.Name!], input.Shape).requires_grad_(input.IsDifferentiable);
        }
    }

    public TensorBatch Batch { get; }

    /// <summary>The reduced loss, the losses, the rewards and the gradients of a route, by name.</summary>
    public Dictionary<string, double[]> Run(LossRoute route, EvaluationOptions options = default, Func<TensorLossResult, Tensor>? objective = null)
    {
        var inputs = loss.Graph.Inputs.Where(i => i.IsDifferentiable).Select(i => i.Name!).ToList();
        foreach (var name in inputs)
        {
            Batch[name].grad = null;
        }

        using var result = loss.Evaluate(Batch, options, route);
        Assert.Equal(route, result.Route);
        (objective is null ? result.Value : objective(result)).backward();
        Assert.Null(result.BackwardError);
        var values = new Dictionary<string, double[]> { ["value"] = Doubles(result.Value), ["losses"] = Doubles(result.Losses) };
        if (result.Rewards is { } rewards)
        {
            Assert.False(rewards.Chosen.requires_grad || rewards.Rejected.requires_grad);
            values["chosen reward"] = Doubles(rewards.Chosen);
            values["rejected reward"] = Doubles(rewards.Rejected);
        }

        foreach (var name in inputs)
        {
            values[name] = Batch[name].grad is { } gradient ? Doubles(gradient) : new double[Batch[name].numel()];
        }

        return values;
    }

    public static double[] Doubles(Tensor tensor) => [.. tensor.detach().to(ScalarType.Float64).cpu().contiguous().data<double>()];
}
