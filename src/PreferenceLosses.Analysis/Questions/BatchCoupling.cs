using PreferenceLosses.Analysis.Probing;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Is the loss of a row a function of that row alone?</summary>
internal static class BatchCoupling
{
    public static Finding Of(Subject subject)
    {
        if (!subject.Graph.IsBatchCoupled)
        {
            return Finding.Proven("the loss of a row is a function of that row alone");
        }

        var rows = Math.Max(subject.Graph.MinimumRows, 2) + 1;
        return Samples.FarAndNear(subject.Graph, rows).Select(batch => Counterexample(subject, batch)).FirstOrDefault(found => found is not null)
            ?? Finding.Unknown("the formula has operations over the batch, and changing other rows changed nothing");
    }

    /// <summary>Looks at the first row among others, which are changed one way after the other, and in a larger batch.</summary>
    private static Finding? Counterexample(Subject subject, ProbeBatch batch)
    {
        var before = subject.Probe.Losses(batch);
        var trained = subject.Graph.Inputs.Where(Subject.IsTrained).Select(i => i.Name!).ToArray();
        var changes = from distance in new[] { 0.5, -4, 30 }
                      from column in trained
                      select batch.Map((_, i, value) => i >= Math.Max(batch.ResponsesPerRow, 1) ? value - (distance * i) : value, column);
        foreach (var changed in changes.Append(batch.Rearranged([.. Enumerable.Range(0, batch.Rows), 1])))
        {
            var after = subject.Probe.Losses(changed);
            for (var output = 0; output < subject.Graph.Losses.Length; output++)
            {
                if (Probe.Differ(before[output * batch.Rows], after[output * changed.Rows]))
                {
                    return Finding.Refuted(
                        "the loss of a row depends on the others in its batch" + (subject.Graph.MinimumRows > 1 ? ", of which it needs at least one" : ""),
                        new([subject.Probe.Observe(batch, 0, output), subject.Probe.Observe(changed, 0, output)]));
                }
            }
        }

        return null;
    }
}
