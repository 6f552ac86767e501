using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Log-probabilities by the core, on the memory of the logits.</summary>
internal static class FusedLogProbabilities
{
    public static TensorLogProbabilities Evaluate(Tensor given, Tensor tokens, Tensor? mask, bool inPlace)
    {
        Check(given, inPlace);
        using var scope = NewDisposeScope();
        var logits = given.contiguous();
        var rows = new TokenRows(tokens, mask);
        var core = new SequenceLogProbabilities();
        using (var flat = logits.detach().view(-1, logits.size(2)))
        {
            core.Forward(LogitMemory.Logits(flat), new TokenSequences { Labels = rows.Labels, Offsets = rows.Offsets }, maxThreads: get_num_threads());
        }

        GC.KeepAlive(logits);
        var sums = Singles(core.Sums);
        var lengths = Singles(core.Lengths);
        BackwardPass? pass = null;
        if (is_grad_enabled() && given.requires_grad)
        {
            pass = new BackwardPass();
            sums = LogProbabilityFunction.apply(
                logits, new LogProbabilityFunction.Arguments(sums, logits, core, inPlace, [GradientForm.Of(logits)], pass));
        }

        return new TensorLogProbabilities(LossRoute.Fused, sums.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope(), pass);
    }

    /// <summary>What the fused route refuses of logits, wherever they are.</summary>
    public static void Check(Tensor given, bool inPlace)
    {
        if (LogitMemory.Format(given.dtype) is null)
        {
            throw new NotSupportedException($"The logits are of type {given.dtype}; the fused route reads Float32, Float16 and BFloat16. {nameof(LossRoute)}.{nameof(LossRoute.Lowered)} takes them.");
        }

        if (inPlace && given.requires_grad && (given.is_leaf || !given.is_contiguous()))
        {
            throw new ArgumentException(
                given.is_leaf
                    ? "The logits are a leaf of the autograd graph, whose value the gradient cannot take the place of: in place is for the output of a model."
                    : "The logits are not contiguous; in place they have to be.",
                nameof(inPlace));
        }
    }

    public static Tensor Singles(ReadOnlySpan<double> values)
    {
        var result = empty((long)values.Length, ScalarType.Float32);
        var destination = FusedLoss.Values<float>(result);
        for (var i = 0; i < values.Length; i++)
        {
            destination[i] = (float)values[i];
        }

        return result;
    }

    /// <summary>Weights that libtorch passed back, [B], in double precision.</summary>
    public static double[] Upstream(Tensor weights)
    {
        using var contiguous = weights.contiguous();
        return [.. FusedLoss.Values<float>(contiguous).ToArray().Select(weight => (double)weight)];
    }
}

/// <summary>The sums as a function of the logits.</summary>
internal sealed class LogProbabilityFunction : autograd.SingleTensorFunction<LogProbabilityFunction>
{
    /// <summary>What is handed to <see cref="forward"/> after the logits.</summary>
    public sealed record Arguments(Tensor Sums, Tensor Logits, SequenceLogProbabilities Core, bool InPlace, IReadOnlyList<GradientForm> Forms, BackwardPass Pass);

    public override string Name => "SequenceLogProbabilities";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (Arguments)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_for_backward([arguments.Logits]);
        ctx.save_data("arguments", arguments with { Sums = null!, Logits = null! });
        return arguments.Sums;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var arguments = (Arguments)ctx.get_data("arguments");
        return arguments.Pass.Run(ctx, grad_output, saved => [Gradient(arguments, saved[0], grad_output)], arguments.Forms, others: 1);
    }

    private static Tensor Gradient(Arguments arguments, Tensor logits, Tensor upstream)
    {
        using var scope = NewDisposeScope();
        var gradient = arguments.InPlace ? logits.detach() : empty_like(logits);
        var flatLogits = logits.detach().view(-1, logits.size(2));
        var flatGradient = gradient.view(-1, logits.size(2));
        arguments.Core.Backward(LogitMemory.Logits(flatLogits), FusedLogProbabilities.Upstream(upstream), LogitMemory.Gradients(flatGradient), get_num_threads());
        return gradient.MoveToOuterDisposeScope();
    }
}
