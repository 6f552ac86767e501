using PreferenceLosses.Analysis.Probing;
using PreferenceLosses.Analysis.Rules;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Does the loss never rise as the better completion becomes likelier, and never fall as the worse one does?</summary>
internal static class MonotoneInReward
{
    /// <summary>What should move the loss which way: a column, and the values of other inputs under which it should.</summary>
    private sealed record Wish(string Column, Direction Towards, double? Desirable = null);

    public static Finding Of(Subject subject)
    {
        var wishes = Wishes(subject).Where(wish => subject.Reads(wish.Column)).ToArray();
        if (wishes.Length == 0)
        {
            return Finding.NotApplicable("there is no column that is to rise or to fall: rows are neither pairs nor examples with a label");
        }

        if (wishes.All(wish => IsProven(subject, wish)))
        {
            return Finding.Proven(Words(subject));
        }

        return wishes.Select(wish => Counterexample(subject, wish)).FirstOrDefault(found => found is not null)
            ?? Finding.Unknown($"no counterexample on {subject.Points.Length} points of each line, and no proof that {Words(subject)}");
    }

    private static Wish[] Wishes(Subject subject) => subject.Kind switch
    {
        RowKind.Pair => [new(Columns.PolicyChosen, Direction.Down), new(Columns.PolicyRejected, Direction.Up)],
        RowKind.Example when subject.Reads(Columns.Desirable) => [new(Columns.Policy, Direction.Down, 1), new(Columns.Policy, Direction.Up, 0)],
        _ => [],
    };

    private static string Words(Subject subject) => subject switch
    {
        { IsOfDifferenceAlone: true } => "it never rises as ρ rises",
        { Kind: RowKind.Pair } => "it never rises with log π(chosen) and never falls as log π(rejected) rises",
        _ => "it never rises with log π of a desirable example and never falls as that of an undesirable one rises",
    };

    private static bool IsProven(Subject subject, Wish wish)
    {
        // A batch has labels of both kinds; only where rows do not see each other is that of the row the only one.
        var label = subject.Graph.IsBatchCoupled ? null : wish.Desirable;
        Interval? Inputs(string name) => label is { } known && name == Columns.Desirable ? Interval.Of(known) : null;
        var ranges = new Ranges(subject.Graph, subject.Loss.Parameters, Inputs);
        var moves = new Monotony(subject.Graph, ranges, input => input.Name == wish.Column);
        return subject.Graph.Losses.All(loss => ranges[loss].IsDefined)
            && (subject.Graph.Losses.All(loss => (moves[loss] | wish.Towards) == wish.Towards)
                || Derivatives.Prove(subject.Graph, subject.Loss.Parameters, Inputs, wish.Column, wish.Towards));
    }

    private static Finding? Counterexample(Subject subject, Wish wish)
    {
        var input = subject.Graph.Inputs.First(i => i.Name == wish.Column);
        foreach (var context in subject.Contexts().Where(c => wish.Desirable is not { } label || c.Columns[Columns.Desirable][0] == label))
        {
            var line = Subject.Moving(context, input);
            var points = subject.PointsOn(line);
            var along = subject.Probe.Along(line, points);
            for (var output = 0; output < along.Length; output++)
            {
                if (Against(subject, wish, line, points, along[output], output) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    /// <summary>Looks for two neighbours between which the loss moves the wrong way, most of all, and then closer where it almost does.</summary>
    private static Finding? Against(Subject subject, Wish wish, Line line, double[] points, double[] losses, int output)
    {
        var sign = wish.Towards == Direction.Down ? 1 : -1;
        var slopes = Enumerable.Range(0, points.Length - 1)
            .Select(i => sign * (losses[i + 1] - losses[i]) / (points[i + 1] - points[i])).Select(s => double.IsFinite(s) ? s : double.NegativeInfinity).ToArray();
        var steepest = Enumerable.Range(0, slopes.Length)
            .OrderByDescending(i => slopes[i] > 0 ? sign * (losses[i + 1] - losses[i]) / (1 + Math.Pow(points[i], 4)) : slopes[i] / (1 + Math.Abs(losses[i]))).Take(1)
            .Concat(Enumerable.Range(1, Math.Max(slopes.Length - 2, 0)).Where(i => slopes[i] >= slopes[i - 1] && slopes[i] >= slopes[i + 1]).OrderByDescending(i => slopes[i]).Take(3));
        foreach (var i in steepest)
        {
            var from = points[Math.Max(i - 1, 0)];
            var to = points[Math.Min(i + 2, points.Length - 1)];
            if (sign * (losses[i + 1] - losses[i]) > 0 && Wrong(points[i], points[i + 1]) is { } found)
            {
                return found;
            }

            // A step smaller than the points are rounded to has no inside.
            var finer = Enumerable.Range(0, 33).Select(k => Points.Round(from + ((to - from) * k / 32))).Distinct().ToArray();
            if (finer.Length < 2)
            {
                continue;
            }

            var values = subject.Probe.Along(line, finer)[output];
            var best = Enumerable.Range(0, finer.Length - 1).MaxBy(k => sign * (values[k + 1] - values[k]));
            if (sign * (values[best + 1] - values[best]) > 0 && Wrong(finer[best], finer[best + 1]) is { } closer)
            {
                return closer;
            }
        }

        return null;

        Finding? Wrong(double a, double b)
        {
            var (before, after) = (subject.Probe.Observe(line.At(a), 0, output), subject.Probe.Observe(line.At(b), 0, output));
            var (first, last) = (subject.Probe.Enclose(before), subject.Probe.Enclose(after));
            return sign > 0 ? (first.High < last.Low ? Shown() : null) : (last.High < first.Low ? Shown() : null);

            Finding Shown() => Finding.Refuted(
                $"it {(sign > 0 ? "rises" : "falls")} from {Observation.Number(before.Loss)} to {Observation.Number(after.Loss)} as "
                + (subject.IsOfDifferenceAlone ? $"ρ goes from {Observation.Number(sign * a)} to {Observation.Number(sign * b)}" : $"{line.Name} rises"),
                new([before, after]));
        }
    }
}
