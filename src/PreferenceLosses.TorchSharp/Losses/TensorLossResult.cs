using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>What evaluating a loss on tensors gave. Its tensors belong to the caller, and to the dispose scope in which they are asked for.</summary>
public sealed class TensorLossResult : IDisposable
{
    private readonly Func<Tensor>? makeValue;
    private readonly Action<double>? goBack;
    private readonly Func<Tensor>? makeLosses;
    private readonly Func<TensorRewards>? makeRewards;
    private readonly BackwardPass? pass;
    private readonly Tensor? kept;
    private readonly int rows;
    private Tensor? value;
    private Tensor? losses;
    private TensorRewards? rewards;

    /// <summary>A result of the lowered route, where all is there.</summary>
    internal TensorLossResult(int rows, Tensor? value, Tensor losses, TensorRewards? rewards)
    {
        Route = LossRoute.Lowered;
        this.rows = rows;
        this.value = value;
        this.losses = losses;
        this.rewards = rewards;
    }

    /// <summary>A result of the fused route: tensors that few ask for are made when somebody does.</summary>
    /// <param name="rows">The number of rows that took part.</param>
    /// <param name="makeValue">Makes the reduced loss; null if there is none.</param>
    /// <param name="goBack">Goes back from the reduced loss times a number without it; null where it is needed.</param>
    /// <param name="makeLosses">Makes the unreduced losses.</param>
    /// <param name="makeRewards">Makes the rewards; null if there are none.</param>
    /// <param name="pass">Where errors of the way back go; null if there is none.</param>
    internal TensorLossResult(
        int rows, Func<Tensor>? makeValue, Action<double>? goBack, Func<Tensor> makeLosses, Func<TensorRewards>? makeRewards, BackwardPass? pass)
    {
        Route = LossRoute.Fused;
        this.rows = rows;
        this.makeValue = makeValue;
        this.goBack = goBack;
        this.makeLosses = makeLosses;
        this.makeRewards = makeRewards;
        this.pass = pass;
    }

    /// <summary>A result of the fused route on a GPU, which does not wait to learn how many rows take part.</summary>
    internal TensorLossResult(int rows, Tensor? kept, Tensor? value, Func<Tensor> makeLosses, TensorRewards? rewards, BackwardPass? pass)
        : this(rows, makeValue: null, goBack: null, makeLosses, makeRewards: null, pass)
    {
        this.kept = kept;
        this.value = value;
        this.rewards = rewards;
    }

    /// <summary>Which route ran.</summary>
    public LossRoute Route { get; }

    /// <summary>The number of rows that took part: those whose weight is not 0. Fused on a GPU, with weights, it waits for the device.</summary>
    public int Rows => kept is null ? rows : CountKept(kept);

    /// <summary>The reduced loss, in nats, without dimensions: what to call <c>backward()</c> of.</summary>
    /// <exception cref="InvalidOperationException">It is the mean of no rows. Fused on a GPU, where every row has weight 0, it is NaN instead.</exception>
    public Tensor Value => value ??= makeValue?.Invoke() ?? throw new InvalidOperationException("No row took part in the batch, and the mean of nothing is not defined.");

    /// <summary>Whether there is a reduced loss.</summary>
    internal bool HasValue => value is not null || makeValue is not null;

    /// <summary>
    /// Unreduced losses, in nats, [rows], or [2·rows] for a 2B loss: first all chosen, then all rejected halves. 0 for a row of weight 0. They are
    /// differentiable too, for a reduction of your own; the fused route then needs the batch's tensors still (on a GPU, to
    /// compute them too, which is a launch of its own).
    /// </summary>
    public Tensor Losses => losses ??= makeLosses!();

    /// <summary>The implicit rewards; null for a loss that defines none.</summary>
    public TensorRewards? Rewards => rewards ??= makeRewards?.Invoke();

    /// <summary>
    /// Why a backward pass through the fused route gave NaN; null if none did. An exception in the middle of libtorch's backward pass would end the
    /// process, so it is kept here.
    /// </summary>
    public Exception? BackwardError => pass?.Error;

    /// <summary>
    /// Adds the gradient of the reduced loss to the leaves of the graph, as <c>(Value * scale).backward()</c> does. Fused on the CPU it hands the gradient that is there to the graph of the
    /// columns, without a function of its own in libtorch's graph, which is most of what a small batch costs.
    /// </summary>
    /// <param name="scale">What the loss is multiplied by, for a scaled loss or accumulated batches.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not finite.</exception>
    /// <exception cref="InvalidOperationException">There is no reduced loss, as of <see cref="Value"/>.</exception>
    public void Backward(double scale = 1)
    {
        if (!double.IsFinite(scale))
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "A finite number is accepted.");
        }

        if (goBack is not null)
        {
            goBack(scale);
            return;
        }

        using var scaled = Value * scale;
        scaled.backward();
    }

    /// <summary>Disposes of the tensors that there are.</summary>
    public void Dispose()
    {
        value?.Dispose();
        kept?.Dispose();
        losses?.Dispose();
        rewards?.Dispose();
        pass?.Release();
    }

    private static int CountKept(Tensor kept)
    {
        using var count = kept.sum();
        return checked((int)count.item<long>());
    }
}
