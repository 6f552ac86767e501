using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>What evaluating a loss on tensors gave. Its tensors belong to the caller (and to the dispose scope around the call, if there is one).</summary>
public sealed class TensorLossResult : IDisposable
{
    private readonly Tensor? value;
    private readonly Func<Tensor>? attach;
    private readonly BackwardPass? pass;
    private Tensor losses;
    private bool isAttached;

    /// <summary>A result whose losses are part of the autograd graph, or are not to be.</summary>
    internal TensorLossResult(LossRoute route, int rows, Tensor? value, Tensor losses, TensorRewards? rewards)
    {
        Route = route;
        Rows = rows;
        this.value = value;
        this.losses = losses;
        Rewards = rewards;
        isAttached = true;
    }

    /// <summary>A result whose losses become part of the autograd graph when somebody asks for them.</summary>
    internal TensorLossResult(int rows, Tensor? value, Tensor losses, TensorRewards? rewards, BackwardPass pass, Func<Tensor> attach)
        : this(LossRoute.Fused, rows, value, losses, rewards)
    {
        this.pass = pass;
        this.attach = attach;
        isAttached = false;
    }

    /// <summary>Which route ran.</summary>
    public LossRoute Route { get; }

    /// <summary>The number of rows that took part: those whose weight is not 0.</summary>
    public int Rows { get; }

    /// <summary>The reduced loss, in nats, without dimensions: what to call <c>backward()</c> of.</summary>
    /// <exception cref="InvalidOperationException">It is the mean of no rows.</exception>
    public Tensor Value => value ?? throw new InvalidOperationException("No row took part in the batch, and the mean of nothing is not defined.");

    /// <summary>
    /// Unreduced losses, in nats, [rows], or [2·rows] for a 2B loss: first all chosen, then all rejected halves. 0 for a row of weight 0. They are
    /// differentiable too, for a reduction of your own.
    /// </summary>
    public Tensor Losses
    {
        get
        {
            if (!isAttached)
            {
                var detached = losses;
                losses = attach!();
                isAttached = true;
                detached.Dispose();
            }

            return losses;
        }
    }

    /// <summary>The implicit rewards; null for a loss that defines none.</summary>
    public TensorRewards? Rewards { get; }

    /// <summary>
    /// Why a backward pass through the fused route gave NaN; null if none did. An exception in the middle of libtorch's backward pass would end the
    /// process, so it is kept here.
    /// </summary>
    public Exception? BackwardError => pass?.Error;

    /// <summary>Disposes of the tensors. A backward pass that is to come needs <see cref="Value"/> or <see cref="Losses"/>.</summary>
    public void Dispose()
    {
        value?.Dispose();
        losses.Dispose();
        Rewards?.Dispose();
    }
}
