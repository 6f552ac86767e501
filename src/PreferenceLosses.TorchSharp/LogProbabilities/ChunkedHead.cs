using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Log-probabilities from hidden states and the weight of a linear head, the logits of a chunk of rows at a time.</summary>
internal static class ChunkedHead
{
    public static TensorLogProbabilities Evaluate(Tensor hidden, Tensor head, Tensor tokens, Tensor? mask, int chunk)
    {
        if (LogitMemory.Format(hidden.dtype) is null)
        {
            throw new NotSupportedException($"The hidden states are of type {hidden.dtype}; the fused route takes Float32, Float16 and BFloat16. {nameof(LossRoute)}.{nameof(LossRoute.Lowered)} takes them.");
        }

        using var scope = NewDisposeScope();
        var rows = new TokenRows(tokens, mask);
        var pass = new ChunkedPass(rows, chunk);
        var isGradientWanted = is_grad_enabled() && (hidden.requires_grad || head.requires_grad);
        var isHeadFrozen = !head.requires_grad;
        Tensor? derivatives = null;
        Tensor sums;
        using (no_grad())
        {
            derivatives = isGradientWanted && isHeadFrozen ? empty([pass.Counted.Length, hidden.size(2)], hidden.dtype) : null;
            sums = FusedLogProbabilities.Singles(pass.Forward(hidden, head, derivatives));
        }

        var lengths = FusedLogProbabilities.Singles(pass.Lengths);
        BackwardPass? backward = null;
        if (isGradientWanted)
        {
            backward = new BackwardPass();
            sums = ChunkedHeadFunction.apply(
                hidden,
                head,
                new ChunkedHeadFunction.Arguments(sums, hidden, head, derivatives, pass, [GradientForm.Of(hidden), GradientForm.Of(head)], backward));
        }

        return new TensorLogProbabilities(LossRoute.Fused, sums.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope(), backward);
    }
}

/// <summary>The two ways over the rows that count, chunk by chunk. Of the others nothing is computed.</summary>
internal sealed class ChunkedPass
{
    private readonly TokenRows rows;
    private readonly int chunk;
    private readonly SequenceLogProbabilities core = new();

    public ChunkedPass(TokenRows rows, int chunk)
    {
        this.rows = rows;
        this.chunk = chunk;
        Counted = [.. Enumerable.Range(0, rows.Labels.Length).Where(row => rows.Labels[row] != TokenSequences.IgnoredLabel).Select(row => (long)row)];
        Lengths = new double[rows.Sequences];
        foreach (var row in Counted)
        {
            Lengths[row / rows.Length]++;
        }
    }

    /// <summary>The rows that count, among all of [B·T].</summary>
    public long[] Counted { get; }

    /// <summary>How many of each sequence; [B].</summary>
    public double[] Lengths { get; }

    /// <summary>The sums of the sequences; with the derivative of each counted row's log-probability by its hidden state, if there is room for it.</summary>
    public double[] Forward(Tensor hidden, Tensor head, Tensor? derivatives)
    {
        var sums = new double[rows.Sequences];
        foreach (var (start, count) in Chunks())
        {
            using var scope = NewDisposeScope();
            var logits = Logits(Hidden(hidden, start, count), head, start, count);
            for (var i = 0; i < count; i++)
            {
                sums[Counted[start + i] / rows.Length] += core.Tokens[i];
            }

            if (derivatives is not null)
            {
                var ones = new double[count];
                Array.Fill(ones, 1.0);
                core.BackwardTokens(LogitMemory.Logits(logits), ones, LogitMemory.Gradients(logits), get_num_threads());
                derivatives.narrow(0, start, count).copy_(logits.mm(head));
            }

            GC.KeepAlive(logits);
        }

        return sums;
    }

    /// <summary>The gradient of the hidden states from the derivatives that the way forward kept.</summary>
    public Tensor Scaled(Tensor derivatives, Tensor hidden, double[] upstream)
    {
        using var scope = NewDisposeScope();
        var scaled = derivatives * Weights(upstream, 0, Counted.Length).to_type(derivatives.dtype).unsqueeze(1);
        return Scattered(scaled, hidden).MoveToOuterDisposeScope();
    }

    /// <summary>The gradients of the hidden states and of the head, with each chunk's logits computed again.</summary>
    public (Tensor Hidden, Tensor Head) Backward(Tensor hidden, Tensor head, double[] upstream)
    {
        using var scope = NewDisposeScope();
        var states = empty([Counted.Length, hidden.size(2)], hidden.dtype);

        // Single precision, whatever the head has: it is added to once per chunk.
        var total = zeros_like(head, ScalarType.Float32);
        foreach (var (start, count) in Chunks())
        {
            using var chunkScope = NewDisposeScope();
            var chunkStates = Hidden(hidden, start, count);
            var logits = Logits(chunkStates, head, start, count);
            var weights = new double[count];
            for (var i = 0; i < count; i++)
            {
                weights[i] = upstream[Counted[start + i] / rows.Length];
            }

            core.BackwardTokens(LogitMemory.Logits(logits), weights, LogitMemory.Gradients(logits), get_num_threads());
            states.narrow(0, start, count).copy_(logits.mm(head));
            if (head.dtype == ScalarType.Float32)
            {
                total.addmm_(logits.t(), chunkStates);
            }
            else
            {
                total.add_(logits.t().mm(chunkStates).to_type(ScalarType.Float32));
            }
        }

        return (Scattered(states, hidden).MoveToOuterDisposeScope(), total.to_type(head.dtype).MoveToOuterDisposeScope());
    }

    private IEnumerable<(int Start, int Count)> Chunks()
    {
        for (var start = 0; start < Counted.Length; start += chunk)
        {
            yield return (start, Math.Min(chunk, Counted.Length - start));
        }
    }

    private Tensor Hidden(Tensor hidden, int start, int count) =>
        hidden.reshape(-1, hidden.size(2)).index_select(0, tensor(Counted.AsSpan(start, count).ToArray()));

    /// <summary>The logits of a chunk, and their log-probabilities in the core.</summary>
    private Tensor Logits(Tensor states, Tensor head, int start, int count)
    {
        var logits = states.mm(head.t());
        var labels = new int[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = rows.Labels[Counted[start + i]];
        }

        core.Forward(LogitMemory.Logits(logits), new TokenSequences { Labels = labels, Offsets = [0, count] }, maxThreads: get_num_threads());
        return logits;
    }

    private Tensor Weights(double[] upstream, int start, int count) =>
        FusedLogProbabilities.Singles([.. Counted.AsSpan(start, count).ToArray().Select(row => upstream[row / rows.Length])]);

    private Tensor Scattered(Tensor counted, Tensor hidden) =>
        zeros(rows.Labels.Length, hidden.size(2), counted.dtype).index_copy_(0, tensor(Counted), counted).view(hidden.shape);
}

/// <summary>The sums as a function of the hidden states and the head.</summary>
internal sealed class ChunkedHeadFunction : autograd.SingleTensorFunction<ChunkedHeadFunction>
{
    /// <summary>What is handed to <see cref="forward"/> after the tensors.</summary>
    public sealed record Arguments(Tensor Sums, Tensor Hidden, Tensor Head, Tensor? Derivatives, ChunkedPass Chunks, IReadOnlyList<GradientForm> Forms, BackwardPass Pass);

    public override string Name => "ChunkedHeadLogProbabilities";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (Arguments)vars[^1];
        ctx.set_materialize_grads(false);
        ctx.save_for_backward(arguments.Derivatives is null ? [arguments.Hidden, arguments.Head] : [arguments.Hidden, arguments.Derivatives]);
        ctx.save_data("arguments", arguments with { Sums = null!, Hidden = null!, Head = null!, Derivatives = null });
        ctx.save_data("frozen", arguments.Derivatives is not null);
        return arguments.Sums;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var arguments = (Arguments)ctx.get_data("arguments");
        return arguments.Pass.Run(
            ctx,
            grad_output,
            saved =>
            {
                var upstream = FusedLogProbabilities.Upstream(grad_output);
                if ((bool)ctx.get_data("frozen"))
                {
                    return [arguments.Chunks.Scaled(saved[1], saved[0], upstream), null!];
                }

                using var states = saved[0].detach();
                using var weight = saved[1].detach();
                var (hidden, head) = arguments.Chunks.Backward(states, weight, upstream);
                return [hidden, head];
            },
            arguments.Forms,
            others: 1);
    }
}
