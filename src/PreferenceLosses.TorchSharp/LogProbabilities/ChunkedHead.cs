using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Log-probabilities from hidden states and the weight of a linear head, the logits of a chunk of rows at a time.</summary>
internal static class ChunkedHead
{
    public static TensorLogProbabilities Evaluate(Tensor hidden, Tensor head, Tensor tokens, Tensor? mask, int chunk)
    {
        Check(hidden);
        using var scope = NewDisposeScope();
        var isGradientWanted = is_grad_enabled() && (hidden.requires_grad || head.requires_grad);
        var isHeadFrozen = !head.requires_grad;
        var (sequences, length) = (hidden.size(0), hidden.size(1));
        var (rows, _) = CountedRows.Of(tokens, mask, head.size(0), [.. Enumerable.Range(0, checked((int)sequences))]);
        using (no_grad())
        {
            var pass = new ChunkedPass(hidden.detach(), head.detach(), rows, chunk, byHidden: isGradientWanted && isHeadFrozen);
            foreach (var (start, count) in pass.Chunks(0, rows.Count))
            {
                using var chunkScope = NewDisposeScope();
                var logits = pass.Logits(pass.States(start, count), start, count);
                if (pass.Derivatives is not null)
                {
                    pass.Differentiate(logits, start, count);
                }
            }

            var sums = rows.Summed(pass.LogProbabilities, sequences, length).to_type(ScalarType.Float32);
            var lengths = rows.Summed(ones_like(pass.LogProbabilities), sequences, length).to_type(ScalarType.Float32);
            BackwardPass? backward = null;
            if (isGradientWanted)
            {
                using var _ = enable_grad();
                backward = new BackwardPass();
                var shape = hidden.shape;
                var wantsHidden = hidden.requires_grad;
                List<Tensor> toSave = [rows.Places, rows.Labels, rows.Sequences, .. isHeadFrozen ? [pass.Derivatives!] : (Tensor[])[hidden, head]];
                Tensor[] Back(List<Tensor> saved, Tensor upstream)
                {
                    using var backScope = NewDisposeScope();
                    var again = new CountedRows(saved[0], saved[1], saved[2]);
                    var weights = again.Spread(Finite(upstream));
                    return isHeadFrozen
                        ? [CountedRows.Scattered(again.Places, ChunkedPass.Scaled(saved[3], weights), shape).MoveToOuterDisposeScope(), null!]
                        : Gradients(saved[3].detach(), saved[4].detach(), again, weights, chunk, wantsHidden);
                }

                sums = SavingLossFunction.apply(
                    hidden, head, new SavingLossFunction.Arguments(sums, toSave, Back, [GradientForm.Of(hidden), GradientForm.Of(head)], backward));
            }

            return new TensorLogProbabilities(LossRoute.Fused, sums.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope(), backward);
        }
    }

    /// <summary>What chunks of a head refuse of hidden states.</summary>
    public static void Check(Tensor hidden)
    {
        if (LogitMemory.Format(hidden.dtype) is null)
        {
            throw new NotSupportedException($"The hidden states are of type {hidden.dtype}; the fused route takes Float32, Float16 and BFloat16. {nameof(LossRoute)}.{nameof(LossRoute.Lowered)} takes them.");
        }

        if (!CudaTensors.AreOnHost(hidden) && !CudaTensors.Current.AreOnDevice(hidden))
        {
            throw CudaTensors.Refuse(hidden);
        }
    }

    /// <summary>The gradients of the hidden states, if they are wanted, and of the head, with each chunk's logits computed again; moved to the outer scope.</summary>
    private static Tensor[] Gradients(Tensor hidden, Tensor head, CountedRows rows, Tensor weights, int chunk, bool wantsHidden)
    {
        var pass = new ChunkedPass(hidden, head, rows, chunk, wantsHidden);
        var total = zeros_like(head, ScalarType.Float32);
        foreach (var (start, count) in pass.Chunks(0, rows.Count))
        {
            using var scope = NewDisposeScope();
            var states = pass.States(start, count);
            var logits = pass.Logits(states, start, count);
            pass.Differentiate(logits, start, count);
            ChunkedPass.Add(total, logits, states, weights.narrow(0, start, count));
        }

        var ofHidden = pass.Derivatives is null ? null : CountedRows.Scattered(rows.Places, ChunkedPass.Scaled(pass.Derivatives, weights), hidden.shape).MoveToOuterDisposeScope();
        return [ofHidden!, total.to_type(head.dtype).MoveToOuterDisposeScope()];
    }

    /// <summary>On the CPU an upstream weight that is not finite is refused; on a GPU, for which that would be to wait, it makes the gradients NaN.</summary>
    private static Tensor Finite(Tensor upstream) =>
        !CudaTensors.AreOnHost(upstream) || upstream.isfinite().all().item<bool>()
            ? upstream
            : throw new ArgumentException("An upstream weight of the sums is not finite.", nameof(upstream));
}
