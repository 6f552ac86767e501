using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The implicit rewards of a batch, in nats, without a gradient: for logging.</summary>
public sealed class TensorRewards : IDisposable
{
    /// <summary>Which rows take part, as their positions or as one boolean per row; null for all.</summary>
    private readonly Tensor? kept;

    private Tensor? margins;

    internal TensorRewards(Tensor chosen, Tensor rejected, Tensor? kept)
    {
        Chosen = chosen;
        Rejected = rejected;
        this.kept = kept;
    }

    /// <summary>Reward of the chosen response; [rows]; 0 for a row of weight 0.</summary>
    public Tensor Chosen { get; }

    /// <summary>Reward of the rejected response; [rows]; 0 for a row of weight 0.</summary>
    public Tensor Rejected { get; }

    /// <summary>Chosen minus rejected; [rows].</summary>
    public Tensor Margins => margins ??= Chosen - Rejected;

    /// <summary>The share of rows with a positive margin, ties counting one half; NaN without rows. Rows of weight 0 do not count. Waits for the device.</summary>
    public double Accuracy()
    {
        using var scope = NewDisposeScope();
        var sign = Kept(Chosen - Rejected).sign().to_type(ScalarType.Float64);
        return (sign.mean().item<double>() + 1) / 2;
    }

    /// <summary>Mean reward of the chosen responses; NaN without rows. Waits for the device.</summary>
    public double MeanChosen() => Mean(Chosen);

    /// <summary>Mean reward of the rejected responses; NaN without rows. Waits for the device.</summary>
    public double MeanRejected() => Mean(Rejected);

    /// <summary>Mean margin; NaN without rows. Waits for the device.</summary>
    public double MeanMargin() => MeanChosen() - MeanRejected();

    /// <summary>Disposes of the tensors.</summary>
    public void Dispose()
    {
        Chosen.Dispose();
        Rejected.Dispose();
        margins?.Dispose();
        kept?.Dispose();
    }

    private double Mean(Tensor rewards)
    {
        using var scope = NewDisposeScope();
        return Kept(rewards).to_type(ScalarType.Float64).mean().item<double>();
    }

    private Tensor Kept(Tensor rewards) => kept is null ? rewards : rewards.index(TensorIndex.Tensor(kept));
}
