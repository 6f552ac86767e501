using PreferenceLosses.Analysis.Probing;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>What does the first step do where the policy is the reference?</summary>
internal static class Start
{
    public static StartFinding Of(Subject subject)
    {
        var (better, worse) = subject.Kind switch
        {
            RowKind.Pair => (Columns.PolicyChosen, Columns.PolicyRejected),
            RowKind.Example when subject.Reads(Columns.Desirable) => (Columns.Policy, Columns.Policy),
            _ => ("", ""),
        };
        if (better.Length == 0)
        {
            return new(Verdict.NotApplicable, "its rows are neither pairs nor examples with a label", null, null, null);
        }

        var starts = Batches(subject).Select(both => (Better: Slope(subject, both.Better, better), Worse: Slope(subject, both.Worse, worse))).ToArray();
        if (starts.Any(s => !double.IsFinite(s.Better) || !double.IsFinite(s.Worse)))
        {
            return new(Verdict.Numerical, "the gradient is not finite where the policy is the reference", null, null, null);
        }

        var directions = starts.Select(s => Direction(s.Better, s.Worse)).Distinct().ToArray();
        var direction = directions.Length == 1 ? directions[0] : StartDirection.Depends;
        var same = starts.All(s => Math.Abs(s.Better - starts[0].Better) <= 1e-9 * Math.Abs(starts[0].Better));
        double? slope = same ? starts[0].Better : null;
        var beta = subject.Loss.Parameters.FirstOrDefault(p => p.Parameter.Name == "beta") is { Parameter: not null } bound ? bound.Value : 1;
        double? share = subject.Kind == RowKind.Pair && slope is { } s ? s / (-beta / 2) : null;
        return new(Verdict.Numerical, Words(subject, direction, slope, share, starts.Select(s => s.Better)), direction, slope, share);
    }

    /// <summary>Policy = reference, with either completion the likelier and with both alike; for examples, of both labels.</summary>
    private static IEnumerable<(ProbeBatch Better, ProbeBatch Worse)> Batches(Subject subject)
    {
        var alike = Samples.Alike(subject.Graph, subject.Graph.IsBatchCoupled ? Probing.Path.AlikeRows : 1, -20);
        if (subject.Kind == RowKind.Example)
        {
            yield return (alike, alike.Map((_, _, _) => 0, Columns.Desirable));
            yield break;
        }

        yield return (alike, alike);
        if (!subject.IsOfDifferenceAlone)
        {
            foreach (var columns in new string[][] { [Columns.PolicyChosen, Columns.ReferenceChosen], [Columns.PolicyRejected, Columns.ReferenceRejected] })
            {
                var other = alike.Map((_, _, value) => value - 8, columns);
                yield return (other, other);
            }
        }
    }

    /// <summary>The derivative of the mean of rows that are alike, by a column of all of them.</summary>
    private static double Slope(Subject subject, ProbeBatch batch, string column) =>
        subject.Reads(column) ? subject.Loss.Evaluate(batch.ToBatch<double>(), new EvaluationOptions { MaxThreads = 1 }).Gradient(column).ToArray().Sum() : 0;

    private static StartDirection Direction(double better, double worse) => (better, worse) switch
    {
        ( > 0, _) => StartDirection.PushesChosenDown,
        (_, < 0) => StartDirection.PushesRejectedUp,
        (0, 0) => StartDirection.NoGradient,
        _ => StartDirection.Learns,
    };

    private static string Words(Subject subject, StartDirection direction, double? slope, double? share, IEnumerable<double> slopes)
    {
        var (better, worse) = subject.Kind == RowKind.Pair ? ("chosen", "rejected") : ("desirable", "undesirable");
        var step = direction switch
        {
            StartDirection.Learns => $"the first step favours the {better} completion",
            StartDirection.PushesChosenDown => $"the first step makes the {better} completion LESS likely",
            StartDirection.PushesRejectedUp => $"the first step makes the {worse} completion LIKELIER",
            StartDirection.NoGradient => "the gradient is 0 where the policy is the reference: it never starts",
            _ => "what the first step does depends on the pair",
        };
        var steep = slope is { } s
            ? $"slope {Observation.Number(s)}" + (share is { } f ? $", {Observation.Number(f)} times DPO's at the same β" : "")
            : $"slopes {string.Join(", ", slopes.Select(Observation.Number))} where both completions are alike, the rejected one or the chosen one is likelier";
        return $"{step}; {steep}";
    }
}
