using PreferenceLosses.Analysis.Probing;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Shifts the first value of some columns by one number, and looks whether a loss notices.</summary>
internal static class Shifting
{
    /// <summary>Two observations that differ, or null if no shift that was tried makes a difference.</summary>
    public static Witness? Witness(Subject subject, IReadOnlyCollection<string> shifted)
    {
        foreach (var context in subject.Contexts().Append(Samples.Mixed(subject.Graph, Math.Max(subject.ContextRows, subject.Graph.MinimumRows))))
        {
            foreach (var by in new[] { -1.0, -8, -64 })
            {
                // Of a group the first response alone: most losses of groups do not notice a shift of all.
                var moved = context.Map((_, i, value) => i == 0 ? value + by : value, [.. shifted]);
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
