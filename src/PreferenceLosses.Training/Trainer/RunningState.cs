using PreferenceLosses.Losses;

namespace PreferenceLosses.Training;

/// <summary>What a run remembers of the batches before, besides the policy.</summary>
/// <param name="decay">The share of the past in the moments.</param>
internal sealed class RunningState(double decay)
{
    private const double LossDecay = 0.95;

    /// <summary>BCO's shift.</summary>
    public RunningMean Shift { get; set; } = new();

    /// <summary>What β-DPO and α-DPO compare with.</summary>
    public MovingMoments Moments { get; set; } = new(decay);

    /// <summary>What |loss| usually is; 0 before the first step.</summary>
    public double UsualLoss { get; set; }

    /// <summary>Completion tokens seen.</summary>
    public long Tokens { get; set; }

    public void SeeLoss(double loss) => UsualLoss = UsualLoss == 0 ? Math.Abs(loss) : (LossDecay * UsualLoss) + ((1 - LossDecay) * Math.Abs(loss));
}
