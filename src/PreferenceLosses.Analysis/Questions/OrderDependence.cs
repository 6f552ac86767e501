using PreferenceLosses.Analysis.Probing;
using PreferenceLosses.Analysis.Rules;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Is the mean of a batch the same in whatever order its rows come?</summary>
internal static class OrderDependence
{
    private const int Rows = 8;

    public static Finding Of(Subject subject)
    {
        if (OrderOfRows.IsProvenIrrelevant(subject.Graph))
        {
            return Finding.Proven("the order of the rows in a batch does not matter");
        }

        var batch = Samples.Mixed(subject.Graph, Rows);
        foreach (var order in new[] { Enumerable.Range(0, Rows).Reverse(), Enumerable.Range(1, Rows - 1).Append(0) })
        {
            var reordered = batch.Rearranged([.. order]);
            var (before, after) = (subject.Probe.Observe(batch, null), subject.Probe.Observe(reordered, null));
            if (Probe.Differ(before.Loss, after.Loss))
            {
                return Finding.Refuted("the mean of a batch changes with the order of its rows, which means nothing", new([before, after]));
            }
        }

        return Finding.Unknown("the formula has operations that see the order of the rows, and changing it changed no mean");
    }
}
