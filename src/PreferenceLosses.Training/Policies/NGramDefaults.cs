namespace PreferenceLosses.Training;

/// <summary>
/// Options that suit an <see cref="NGramPolicy"/>, to begin with. They were chosen on 1,500 pairs of HH-RLHF, by the mean over six random splits of the likelihood and
/// of the accuracy of DPO (β = 0.1) on held-out pairs; other splits than those are what results are to be reported on.
/// </summary>
public static class NGramDefaults
{
    /// <summary>Fitting a new policy to chosen completions with <see cref="Losses.SftLoss"/>: rates from 0.05 to 0.2 and 3 or 4 epochs end at about the same held-out likelihood.</summary>
    public static TrainingOptions Fitting { get; } = new() { Epochs = 3, LearningRate = 0.1 };

    /// <summary>
    /// Training a fitted policy with a preference loss. Fewer epochs or a rate of 0.01 do a little worse in accuracy and as well in the loss; more of either wins
    /// accuracy and loses in the loss.
    /// </summary>
    public static TrainingOptions Preference { get; } = new() { Epochs = 3, LearningRate = 0.02 };
}
