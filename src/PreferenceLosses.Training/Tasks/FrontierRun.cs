namespace PreferenceLosses.Training;

/// <summary>What a training of a sweep came to.</summary>
/// <param name="Loss">The name of the loss.</param>
/// <param name="Beta">Its β.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Point">Where it is in the plane of reward and KL; null if the training was stopped because a number was not finite.</param>
public sealed record FrontierRun(string Loss, double Beta, ulong Seed, FrontierPoint? Point);

/// <summary>A trained policy in the plane of reward and KL.</summary>
/// <param name="Reward">The mean reward of its completions, with the interval over prompts.</param>
/// <param name="Kl">KL(π ‖ base), in nats a completion, with the interval over prompts.</param>
/// <param name="Length">The mean number of tokens of its completions.</param>
public readonly record struct FrontierPoint(Estimate Reward, Estimate Kl, double Length)
{
    internal static FrontierPoint Of(SampleScores scores) => new(scores.Reward, scores.Kl, scores.Length.Value);
}

/// <summary>How far a sweep is.</summary>
/// <param name="Done">Trainings that are done, those of earlier sessions included.</param>
/// <param name="Total">Trainings in all.</param>
/// <param name="Last">The one that ended last; null before the first of this session.</param>
/// <param name="Elapsed">How long this session has taken.</param>
/// <param name="Remaining">How long it will still take, at the mean rate of this session; null before there is one.</param>
public sealed record SweepProgress(int Done, int Total, FrontierRun? Last, TimeSpan Elapsed, TimeSpan? Remaining);
