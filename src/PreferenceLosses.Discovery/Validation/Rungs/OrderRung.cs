namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>
/// Is the mean the same in whatever order the rows come? A note and no error: the mean of shuffled rows is still something to train with, only that a part of it
/// is chance. (The DiscoPOP paper's run accepted and trained such a loss.)
/// </summary>
internal static class OrderRung
{
    public static IEnumerable<ValidationFinding> Check(Candidate candidate)
    {
        var probe = candidate.Ordinary;
        var (before, after) = (candidate.InDouble(probe).Mean, candidate.InDouble(probe.Rearranged([.. Enumerable.Range(0, probe.Rows).Reverse()])).Mean);
        if (Math.Abs(before - after) > 1e-9 * (1 + Math.Abs(before)))
        {
            yield return new(
                "order",
                IsError: false,
                $"The loss of a batch changes with the order of its {candidate.Terms.Row}s. Batches are shuffled, so the position of a {candidate.Terms.Row} means nothing: weights that follow it are noise. Let weights follow the values.");
        }
    }
}
