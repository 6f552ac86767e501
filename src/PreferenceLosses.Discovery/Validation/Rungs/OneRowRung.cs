using PreferenceLosses.Expressions;

namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>What becomes of a batch of one row, which is what may be left of the data at the end of an epoch?</summary>
internal static class OneRowRung
{
    public static IEnumerable<ValidationFinding> Check(Candidate candidate)
    {
        var one = candidate.Ordinary.Rearranged(0);
        var outcome = candidate.InDouble(one);
        if (outcome.IsFinite)
        {
            yield break;
        }

        // An unbiased variance is 0/0 there, and no fault: the trainer leaves such a batch out.
        var needsTwo = candidate.Graph.Nodes.Any(n => n is { Operation: Operation.Variance or Operation.StandardDeviation, Axis: Axis.Batch, Value: 1 });
        yield return needsTwo
            ? new("one-row", IsError: false, $"It needs two {candidate.Terms.Row}s in a batch: the variance or standard deviation of one is not defined. With unbiased=False it would have a value for one {candidate.Terms.Row} too.")
            : new("one-row", IsError: true, $"With a batch of one {candidate.Terms.Row}, {FiniteRung.Cause(candidate, one, outcome, inDouble: true)}");
    }
}
