using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Training;

/// <summary>How often what was not trained on is ranked as the data says, beside what that has to be compared with. All intervals are of 95 %.</summary>
/// <param name="Accuracy">By the change of log π from the reference to the policy: DPO's reward but for a factor.</param>
/// <param name="ByReward">By the reward of the loss itself, which may be another: the log-likelihood per token of SimPO, for one. Null where the loss has none.</param>
/// <param name="Likelihood">By the reference alone: log π_ref, summed.</param>
/// <param name="AverageLikelihood">By the reference alone: log π_ref per token.</param>
/// <param name="Shorter">By length: the shorter one.</param>
/// <param name="AboveShorter">The accuracy minus that of the shorter one, on the same pairs.</param>
internal sealed record HeldOutReport(
    Estimate Accuracy, Estimate? ByReward, Estimate Likelihood, Estimate AverageLikelihood, Estimate Shorter, Estimate AboveShorter)
{
    /// <summary>The report of a trained policy; null where there are no pairs.</summary>
    public static HeldOutReport? Of(IPolicy policy, IPolicy reference, IExampleSource heldOut, IReadOnlyDictionary<string, double> metrics)
    {
        if (heldOut.Count == 0 || heldOut[0].Kind != ExampleKind.Pair)
        {
            return null;
        }

        var (trained, shorter) = (PairScores.OfLogRatios(policy, reference, heldOut), PairScores.OfShortness(heldOut));
        return new(
            trained.Accuracy,
            metrics.TryGetValue(MetricNames.EvaluationPrefix + MetricNames.Accuracy, out var share) && double.IsFinite(share)
                ? Estimate.OfShare(Math.Min(share, 1) * heldOut.Count, heldOut.Count)
                : null,
            PairScores.OfLikelihood(reference, heldOut).Accuracy,
            PairScores.OfAverageLikelihood(reference, heldOut).Accuracy,
            shorter.Accuracy,
            trained.AccuracyAbove(shorter));
    }
}
