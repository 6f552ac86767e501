using PreferenceLosses.Analysis.Probing;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Shifts some columns of one row by one number, and looks whether a loss notices.</summary>
internal static class Shifting
{
    /// <summary>Two observations that differ, or null if no shift that was tried makes a difference.</summary>
    public static Witness? Witness(Subject subject, IReadOnlyCollection<string> shifted)
    {
        foreach (var context in subject.Contexts().Append(Samples.Mixed(subject.Graph, Math.Max(subject.ContextRows, subject.Graph.MinimumRows))))
        {
            foreach (var by in new[] { -1.0, -8, -64 })
            {
                var perRow = Math.Max(context.ResponsesPerRow, 1);
                var moved = context.Map((_, i, value) => i < perRow ? value + by : value, [.. shifted]);
                for (var output = 0; output < subject.Graph.Losses.Length; output++)
                {
                    var (before, after) = (subject.Probe.Observe(context, 0, output), subject.Probe.Observe(moved, 0, output));
                    var (low, high) = (subject.Probe.Enclose(before), subject.Probe.Enclose(after));
                    if (low.High < high.Low || high.High < low.Low)
                    {
                        return new([before, after]);
                    }
                }
            }
        }

        return null;
    }
}
