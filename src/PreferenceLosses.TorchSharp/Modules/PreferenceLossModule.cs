using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>A loss as a module, for who keeps losses where the other modules are. It has no parameters that are trained, and no state.</summary>
public sealed class PreferenceLossModule : nn.Module<TensorBatch, TensorLossResult>
{
    /// <summary>A module of a loss.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="options">The reduction, and more.</param>
    /// <param name="route">How it is computed.</param>
    public PreferenceLossModule(IPreferenceLoss loss, EvaluationOptions options = default, LossRoute route = LossRoute.Automatic)
        : base(nameof(PreferenceLossModule))
    {
        ArgumentNullException.ThrowIfNull(loss);
        Loss = loss;
        Options = options;
        Route = route;
    }

    /// <summary>The loss.</summary>
    public IPreferenceLoss Loss { get; }

    /// <summary>The reduction, and more.</summary>
    public EvaluationOptions Options { get; }

    /// <summary>How it is computed.</summary>
    public LossRoute Route { get; }

    /// <summary>The loss of a batch; <c>call</c> runs hooks as well.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="InvalidBatchException">As for <see cref="TensorLossExtensions"/>.</exception>
    public override TensorLossResult forward(TensorBatch batch) => Loss.Evaluate(batch, Options, Route);

    /// <summary>The loss of a batch of pairs.</summary>
    /// <param name="policyChosen">log π(chosen | prompt), summed, in nats; [rows].</param>
    /// <param name="policyRejected">log π(rejected | prompt), summed, in nats; [rows].</param>
    /// <param name="referenceChosen">log π_ref(chosen | prompt); [rows]. Null for a loss without a reference.</param>
    /// <param name="referenceRejected">log π_ref(rejected | prompt); [rows]. Null for a loss without a reference.</param>
    /// <exception cref="InvalidBatchException">As for <see cref="TensorLossExtensions"/>.</exception>
    public TensorLossResult call(Tensor policyChosen, Tensor policyRejected, Tensor? referenceChosen = null, Tensor? referenceRejected = null) =>
        call(new TensorBatch(policyChosen, policyRejected, referenceChosen, referenceRejected));
}
