using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The reduced loss: its gradients are known before the way back, which multiplies them.</summary>
internal sealed class ReducedLossFunction : autograd.SingleTensorFunction<ReducedLossFunction>
{
    /// <summary>What is handed to <see cref="forward"/> after the tensors.</summary>
    /// <param name="Value">The result.</param>
    /// <param name="Gradients">Gradients of the tensors, multiplied by what libtorch passes back.</param>
    /// <param name="Forms">What the gradients are like.</param>
    /// <param name="Pass">Where errors go.</param>
    public sealed record Arguments(Tensor Value, Func<Tensor, Tensor[]> Gradients, IReadOnlyList<GradientForm> Forms, BackwardPass Pass);

    public override string Name => "PreferenceLoss";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (Arguments)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_data("arguments", arguments with { Value = null! });
        return arguments.Value;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var arguments = (Arguments)ctx.get_data("arguments");
        return arguments.Pass.Run(context: null, grad_output, _ => arguments.Gradients(grad_output), arguments.Forms, others: 1);
    }
}

/// <summary>A loss, reduced or not, whose way back needs tensors: libtorch keeps them as long as the graph.</summary>
internal sealed class SavingLossFunction : autograd.SingleTensorFunction<SavingLossFunction>
{
    /// <summary>What is handed to <see cref="forward"/> after the tensors.</summary>
    /// <param name="Value">The result.</param>
    /// <param name="Inputs">What the way back needs, to be saved.</param>
    /// <param name="Gradients">Gradients of the tensors from what was saved and what libtorch passes back: a weight for every loss.</param>
    /// <param name="Forms">What the gradients are like.</param>
    /// <param name="Pass">Where errors go.</param>
    public sealed record Arguments(
        Tensor Value, List<Tensor> Inputs, Func<List<Tensor>, Tensor, Tensor[]> Gradients, IReadOnlyList<GradientForm> Forms, BackwardPass Pass);

    public override string Name => "PreferenceLossOfSaved";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (Arguments)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_for_backward(arguments.Inputs);
        ctx.save_data("arguments", arguments with { Value = null!, Inputs = null! });
        return arguments.Value;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var arguments = (Arguments)ctx.get_data("arguments");
        return arguments.Pass.Run(ctx, grad_output, saved => arguments.Gradients(saved, grad_output), arguments.Forms, others: 1);
    }
}
