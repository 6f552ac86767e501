using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The reduced loss: its gradients are known before the backward pass, which multiplies them.</summary>
internal sealed class ReducedLossFunction : autograd.SingleTensorFunction<ReducedLossFunction>
{
    /// <summary>What is handed to <see cref="forward"/> after the tensors.</summary>
    public sealed record Arguments(Tensor Value, List<Tensor> Gradients, BackwardPass Pass);

    public override string Name => "PreferenceLoss";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (Arguments)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_for_backward(arguments.Gradients);
        ctx.save_data("pass", arguments.Pass);
        return arguments.Value;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => ((BackwardPass)ctx.get_data("pass")).Run(
        ctx, grad_output, saved => [.. saved.Select(gradient => gradient * grad_output)], others: 1);
}

/// <summary>The unreduced losses: the backward pass is this library's, with a weight for every loss.</summary>
internal sealed class RowLossFunction : autograd.SingleTensorFunction<RowLossFunction>
{
    /// <summary>What is handed to <see cref="forward"/> after the tensors.</summary>
    /// <param name="Losses">The result.</param>
    /// <param name="Inputs">The columns in the order of the graph's inputs, to be saved.</param>
    /// <param name="Backward">Gradients of the tensors from all inputs and one weight per loss.</param>
    /// <param name="Pass">Where errors go.</param>
    public sealed record Arguments(
        Tensor Losses, List<Tensor> Inputs, Func<List<Tensor>, Tensor, Tensor[]> Backward, BackwardPass Pass);

    public override string Name => "PreferenceLossPerRow";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (Arguments)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_for_backward(arguments.Inputs);
        ctx.save_data("arguments", arguments with { Losses = null!, Inputs = null! });
        return arguments.Losses;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var arguments = (Arguments)ctx.get_data("arguments");
        return arguments.Pass.Run(ctx, grad_output, saved => arguments.Backward(saved, grad_output), others: 1);
    }
}
