using PreferenceLosses;
using PreferenceLosses.Torch;
using static TorchSharp.torch;

namespace TorchSharpTrainer;

/// <summary>One step of training: log-probabilities, loss, the way back, the optimizer.</summary>
/// <param name="policy">What is trained: tokens [B, T] in, logits [B, T, V] out.</param>
/// <param name="reference">What it is compared with.</param>
/// <param name="optimizer">Over the policy's parameters.</param>
/// <param name="loss">The loss.</param>
internal sealed class PreferenceStep(
    nn.Module<Tensor, Tensor> policy, nn.Module<Tensor, Tensor> reference, optim.Optimizer optimizer, IPreferenceLoss loss)
{
    /// <summary>What one looks at while it trains.</summary>
    /// <param name="Loss">The mean loss, in nats.</param>
    /// <param name="Accuracy">The share of pairs whose chosen answer has the larger reward.</param>
    /// <param name="Margin">The mean difference of the rewards, in nats.</param>
    internal readonly record struct Metrics(double Loss, double Accuracy, double Margin);

    /// <summary>Trains on a batch.</summary>
    public Metrics Run(PairBatch batch)
    {
        // docs/torchsharp.md
        using var scope = NewDisposeScope();                    // whatever is made below is disposed of at the end of the step
        using var inPolicy = TensorLogProbabilities.FromLogits(policy.call(batch.Tokens), batch.Tokens, batch.Mask, inPlace: true);
        Tensor inReference;
        using (no_grad())
        {
            inReference = TensorLogProbabilities.FromLogits(reference.call(batch.Tokens), batch.Tokens, batch.Mask).Sums;
        }

        var (chosen, rejected) = Halves(inPolicy.Sums);         // the batch has all chosen answers first, then all rejected ones
        var (referenceChosen, referenceRejected) = Halves(inReference);
        using var result = loss.Evaluate(chosen, rejected, referenceChosen, referenceRejected);

        optimizer.zero_grad();
        result.Backward();
        optimizer.step();
        // end

        var rewards = result.Rewards!;
        return new Metrics(result.Value.item<float>(), rewards.Accuracy(), rewards.MeanMargin());
    }

    private static (Tensor First, Tensor Second) Halves(Tensor values)
    {
        var rows = values.size(0) / 2;
        return (values.narrow(0, 0, rows), values.narrow(0, rows, rows));
    }
}
