using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>
/// What evaluating a loss of pairs from hidden states gave: what a <see cref="TensorLossResult"/> has, and the log-probabilities in between. Its tensors belong to the caller,
/// and to the dispose scope in which they are asked for.
/// </summary>
public sealed class HiddenLossResult : IDisposable
{
    private readonly TensorLossResult loss;
    private readonly Tensor? attached;
    private readonly BackwardPass? pass;
    private readonly TensorLogProbabilities? logProbabilities;
    private readonly Func<HiddenLossResult>? recompute;
    private readonly IReadOnlyList<Tensor> owned;
    private HiddenLossResult? recomputed;

    /// <summary>A loss whose graph goes back through log-probabilities.</summary>
    internal HiddenLossResult(
        HeadGradient headGradient, TensorLossResult loss, TensorLogProbabilities logProbabilities, (Tensor Sums, Tensor Lengths) detached, IReadOnlyList<Tensor> owned)
    {
        HeadGradient = headGradient;
        (Sums, Lengths) = detached;
        this.loss = loss;
        this.logProbabilities = logProbabilities;
        this.owned = owned;
    }

    /// <summary>A reduced loss whose gradients are there; unreduced losses have to be computed again.</summary>
    internal HiddenLossResult(
        TensorLossResult loss, Tensor? attached, BackwardPass pass, (Tensor Sums, Tensor Lengths) detached, IReadOnlyList<Tensor> owned, Func<HiddenLossResult> recompute)
    {
        HeadGradient = HeadGradient.Factorized;
        (Sums, Lengths) = detached;
        this.loss = loss;
        this.attached = attached;
        this.pass = pass;
        this.owned = owned;
        this.recompute = recompute;
    }

    /// <summary>Which route ran.</summary>
    public LossRoute Route => loss.Route;

    /// <summary>How the gradient of the head comes about.</summary>
    public HeadGradient HeadGradient { get; }

    /// <summary>The number of pairs that took part: those whose weight is not 0. Fused on a GPU, with weights, it waits for the device.</summary>
    public int Rows => loss.Rows;

    /// <summary>The reduced loss, in nats, without dimensions: what to call <c>backward()</c> of.</summary>
    /// <exception cref="InvalidOperationException">It is the mean of no pairs. Fused on a GPU, where every pair has weight 0, it is NaN instead.</exception>
    public Tensor Value => attached ?? loss.Value;

    /// <summary>
    /// Unreduced losses, as <see cref="TensorLossResult.Losses"/>, for a reduction of your own. Where the gradient of the head was factorized, which is for the reduced loss alone, they are a
    /// way forward of their own, from the tensors of the call, and their way back computes logits again.
    /// </summary>
    public Tensor Losses => recompute is null ? loss.Losses : (recomputed ??= recompute()).Losses;

    /// <summary>The implicit rewards; null for a loss that defines none.</summary>
    public TensorRewards? Rewards => loss.Rewards;

    /// <summary>Σ log p of each sequence, in nats, without a gradient; [2·pairs], first the chosen ones. 0 for a pair of weight 0, of which nothing is computed.</summary>
    public Tensor Sums { get; }

    /// <summary>The number of tokens of each sequence that count; [2·pairs], first the chosen ones. 0 for a pair of weight 0.</summary>
    public Tensor Lengths { get; }

    /// <summary>Why a backward pass gave NaN; null if none did.</summary>
    public Exception? BackwardError => pass?.Error ?? loss.BackwardError ?? logProbabilities?.BackwardError ?? recomputed?.BackwardError;

    /// <summary>Disposes of the tensors that there are.</summary>
    public void Dispose()
    {
        recomputed?.Dispose();
        attached?.Dispose();
        loss.Dispose();
        logProbabilities?.Dispose();
        pass?.Release();
        foreach (var tensor in owned)
        {
            tensor.Dispose();
        }

        Sums.Dispose();
        Lengths.Dispose();
    }
}
