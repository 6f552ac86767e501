using System.Collections.Immutable;
using PreferenceLosses.Training;

namespace ControlledSentiment;

/// <summary>The runs of one loss and one β, with 95 % intervals over seeds.</summary>
internal sealed record Mean(double Beta, Estimate Reward, Estimate Kl)
{
    /// <summary>Of one loss, by rising β.</summary>
    public static ImmutableArray<Mean> Of(IEnumerable<Observation> observations, string loss) =>
    [
        .. from one in observations
           where one.Loss == loss
           group one by one.Beta into runs
           orderby runs.Key
           select new Mean(runs.Key, Estimate.OfMean([.. runs.Select(run => run.Reward)]), Estimate.OfMean([.. runs.Select(run => run.Kl)])),
    ];
}
