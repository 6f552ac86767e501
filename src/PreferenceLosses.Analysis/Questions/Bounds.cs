using PreferenceLosses.Analysis.Rules;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Between which numbers does the loss lie?</summary>
internal static class Bounds
{
    public static BoundsFinding Of(Subject subject)
    {
        var ranges = subject.Graph.Losses.Select(loss => subject.Ranges[loss]).ToArray();
        if (!ranges.All(range => range.IsDefined))
        {
            return new(Verdict.Unknown, "it may have no finite value somewhere: it divides by, or takes the logarithm of, what may be 0", double.NegativeInfinity, double.PositiveInfinity);
        }

        var all = ranges.Aggregate(Interval.Union);
        var lower = double.IsFinite(all.Low) ? $"never below {Observation.Number(all.Low)}" : null;
        var upper = double.IsFinite(all.High) ? $"never above {Observation.Number(all.High)}" : null;
        return lower is null && upper is null
            ? new(Verdict.Unknown, "no bound is proven", all.Low, all.High)
            : new(Verdict.Proven, string.Join(", ", new[] { lower, upper }.OfType<string>()), all.Low, all.High);
    }
}
