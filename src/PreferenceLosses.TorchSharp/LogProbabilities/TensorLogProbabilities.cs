using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Log-probabilities of a padded batch of sequences, as part of TorchSharp's autograd graph.</summary>
/// <remarks>
/// As in TRL, the model read <c>tokens</c> [B, T], and its logits at position t predict token t + 1: the shift is done here. A token counts where the
/// mask is true, which leaves out prompt and padding; a token of −100 does not count either. What does not count is not looked at.
/// </remarks>
public sealed class TensorLogProbabilities : IDisposable
{
    private readonly BackwardPass? pass;
    private Tensor? means;

    internal TensorLogProbabilities(LossRoute route, Tensor sums, Tensor lengths, BackwardPass? pass)
    {
        Route = route;
        Sums = sums;
        Lengths = lengths;
        this.pass = pass;
    }

    /// <summary>Which route ran.</summary>
    public LossRoute Route { get; }

    /// <summary>Σ log p over the tokens that count, in nats; [B], in single precision at least. 0 where none counts.</summary>
    public Tensor Sums { get; }

    /// <summary>The number of tokens that count, as losses read it; [B], of the type of the sums.</summary>
    public Tensor Lengths { get; }

    /// <summary>The sums divided by the lengths, in nats per token; [B]. NaN where no token counts.</summary>
    public Tensor Means => means ??= Sums / Lengths;

    /// <summary>Why the backward pass gave NaN; null if it did not. An exception in the middle of libtorch's backward pass would end the process.</summary>
    public Exception? BackwardError => pass?.Error;

    /// <summary>Log-probabilities from logits.</summary>
    /// <param name="logits">The logits, [B, T, V], of type float32, float16, bfloat16 or (lowered only) float64.</param>
    /// <param name="tokens">The tokens that the model read, [B, T], of type int64.</param>
    /// <param name="mask">Which tokens are part of the completion, [B, T], of type bool or of integers; null for all.</param>
    /// <param name="inPlace">
    /// Whether the backward pass may write the gradient over the logits, which saves memory of their size. Nothing else may need them then: neither
    /// another function of the same logits, nor a second backward pass. Fused route only, which <see cref="LossRoute.Automatic"/> then is on a GPU too.
    /// </param>
    /// <param name="route">Fused: one read forward and one read and write backward, on the CPU and on CUDA devices. Lowered: log_softmax and gather.</param>
    /// <exception cref="InvalidBatchException">
    /// A tensor has another shape, type or device than is needed; fused on the CPU, a token is outside of the vocabulary or a logit NaN or ∞. The
    /// row of the message is b·T + t. Fused on a GPU, for which that would be to wait, the sum of such a sequence is NaN.
    /// </exception>
    /// <exception cref="NotSupportedException">The fused route was asked for what it does not do: logits in double precision, or neither on the CPU nor on a CUDA device.</exception>
    /// <exception cref="Cuda.CudaException">The fused route on a GPU: the driver refused a call.</exception>
    public static TensorLogProbabilities FromLogits(Tensor logits, Tensor tokens, Tensor? mask = null, bool inPlace = false, LossRoute route = LossRoute.Automatic)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(tokens);
        TokenChecks.Logits(logits, tokens, mask);
        var canBeFused = CudaTensors.AreOnHost(logits) && logits.dtype != ScalarType.Float64;
        if (route == LossRoute.Lowered || (route == LossRoute.Automatic && !canBeFused && !inPlace))
        {
            return inPlace
                ? throw new NotSupportedException("libtorch's log_softmax keeps its result for the way back: only the fused route can write the gradient in place.")
                : LoweredLogProbabilities.Evaluate(logits, tokens, mask);
        }

        return CudaTensors.AreOnHost(logits) ? FusedLogProbabilities.Evaluate(logits, tokens, mask, inPlace)
            : CudaTensors.Current.AreOnDevice(logits) ? CudaFusedLogProbabilities.Evaluate(logits, tokens, mask, inPlace)
            : throw CudaTensors.Refuse(logits);
    }

    /// <summary>
    /// Log-probabilities from the last hidden states and the weight of a linear head, without the logits of the whole batch: rows are taken in chunks,
    /// and the memory is that of one chunk's logits.
    /// </summary>
    /// <param name="hidden">The hidden states, [B, T, H].</param>
    /// <param name="head">The weight of the head, [V, H], of the type of the hidden states; logits are hidden · headᵀ.</param>
    /// <param name="tokens">The tokens that the model read, [B, T], of type int64.</param>
    /// <param name="mask">Which tokens are part of the completion, [B, T], of type bool or of integers; null for all. Nothing is computed for the others.</param>
    /// <param name="chunk">The number of rows whose logits are there at a time.</param>
    /// <param name="route">Fused: in chunks, on the CPU and on CUDA devices. Lowered: all logits at once.</param>
    /// <remarks>
    /// If the head is frozen, the derivative of each row's log-probability by its hidden state is computed on the way forward, while the logits are there; it
    /// has the size of the hidden states, and the way back multiplies it. If the head is trained too, the way back computes each chunk's logits again; in one call with
    /// a loss of pairs (<see cref="TensorLossExtensions.EvaluateFromHidden"/>) it does not. On a GPU the way forward waits once, for the tokens and the mask, to know how
    /// many rows count; a token outside of the vocabulary is refused there too.
    /// </remarks>
    /// <exception cref="InvalidBatchException">As for <see cref="FromLogits"/>.</exception>
    /// <exception cref="NotSupportedException">The fused route was asked for tensors in double precision, or neither on the CPU nor on a CUDA device.</exception>
    /// <exception cref="Cuda.CudaException">The fused route on a GPU: the driver refused a call.</exception>
    public static TensorLogProbabilities FromHidden(
        Tensor hidden, Tensor head, Tensor tokens, Tensor? mask = null, int chunk = 256, LossRoute route = LossRoute.Automatic)
    {
        ArgumentNullException.ThrowIfNull(hidden);
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        TokenChecks.Hidden(hidden, head, tokens, mask);
        if (route == LossRoute.Lowered
            || (route == LossRoute.Automatic && (!CudaTensors.AreOnHost(hidden) || hidden.dtype == ScalarType.Float64)))
        {
            using var scope = NewDisposeScope();
            var result = LoweredLogProbabilities.Evaluate(hidden.matmul(head.t()), tokens, mask);
            result.Sums.MoveToOuterDisposeScope();
            result.Lengths.MoveToOuterDisposeScope();
            return result;
        }

        return ChunkedHead.Evaluate(hidden, head, tokens, mask, chunk);
    }

    /// <summary>Disposes of the tensors. A backward pass that is to come needs what was made of them.</summary>
    public void Dispose()
    {
        Sums.Dispose();
        Lengths.Dispose();
        means?.Dispose();
        pass?.Release();
    }
}
