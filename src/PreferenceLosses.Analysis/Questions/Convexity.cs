using PreferenceLosses.Analysis.Probing;
using PreferenceLosses.Analysis.Rules;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Is the loss of each row convex in all that training changes, jointly?</summary>
internal static class Convexity
{
    /// <summary>How many neighbours a chord spans to each side: narrow ones find dents, wide ones find slow bends.</summary>
    private static readonly int[] Spans = [1, 5, 20];

    public static Finding Of(Subject subject)
    {
        if (!subject.Graph.Inputs.Any(Subject.IsTrained))
        {
            return Finding.NotApplicable("it is not differentiated by anything");
        }

        var words = subject.IsOfDifferenceAlone && !subject.Graph.IsBatchCoupled ? "convex in ρ" : "convex in the policy's log-probabilities, jointly";
        if (IsProven(subject))
        {
            return Finding.Proven(words);
        }

        return Counterexample(subject, words) ?? Finding.Unknown($"no counterexample on {subject.Points.Length} points of each line, and no proof that it is {words}");
    }

    private static bool IsProven(Subject subject)
    {
        var alongOneLine = subject.IsOfDifferenceAlone && !subject.Graph.IsBatchCoupled
            ? new Monotony(subject.Graph, subject.Ranges, input => input.Name == Columns.PolicyChosen)
            : null;
        var bends = new Bending(subject.Graph, subject.Ranges, Subject.IsTrained, alongOneLine);
        return subject.Graph.Losses.All(loss => subject.Ranges[loss].IsDefined && (bends[loss] | Curvature.Convex) == Curvature.Convex);
    }

    private static Finding? Counterexample(Subject subject, string words)
    {
        foreach (var line in Lines(subject))
        {
            var points = subject.PointsOn(line);
            var along = subject.Probe.Along(line, points);
            for (var output = 0; output < along.Length; output++)
            {
                if (AboveChord(subject, line, points, along[output], output, words) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private static IEnumerable<Line> Lines(Subject subject)
    {
        var trained = subject.Graph.Inputs.Where(Subject.IsTrained).ToArray();
        foreach (var context in subject.Contexts())
        {
            foreach (var input in subject.IsOfDifferenceAlone ? trained[..1] : trained)
            {
                yield return Subject.Moving(context, input);
            }

            if (!subject.IsOfDifferenceAlone && trained.Length > 1)
            {
                var (first, second) = (Subject.Moving(context, trained[0]), Subject.Moving(context, trained[1]));
                var far = Math.Min(first.Domain.To, second.Domain.To);
                yield return first with { Moves = [.. first.Moves, .. second.Moves], Domain = (-far, far) };
                yield return first with { Moves = [.. first.Moves, (trained[1].Name!, 0, -1)], Domain = (-far, far) };
            }
        }
    }

    private static Finding? AboveChord(Subject subject, Line line, double[] points, double[] losses, int output, string words)
    {
        var highest = Spans
            .SelectMany(span => Enumerable.Range(span, Math.Max(points.Length - (2 * span), 0)).Select(i => (Left: i - span, Middle: i, Right: i + span)))
            .Select(chord => (chord, Above: losses[chord.Middle] - On(chord.Left, chord.Middle, chord.Right)))
            .Where(c => c.Above > Probe.Rounding * Math.Abs(losses[c.chord.Middle]))
            .OrderByDescending(c => c.Above / Math.Abs(losses[c.chord.Middle]))
            .Select(c => c.chord).Take(4);
        foreach (var (left, middle, right) in highest)
        {
            var observations = new[] { left, middle, right }.Select(i => subject.Probe.Observe(line.At(points[i]), 0, output)).ToArray();
            var seen = observations.Select(subject.Probe.Enclose).ToArray();
            var share = (points[middle] - points[left]) / (points[right] - points[left]);
            var chord = (seen[0] * Interval.Of(1 - share)) + (seen[2] * Interval.Of(share));
            var slack = Probe.Rounding * Math.Max(Math.Abs(observations[0].Loss), Math.Abs(observations[2].Loss));
            if (seen[1].Low > chord.High + slack)
            {
                return Finding.Refuted(
                    $"not {words}: above the chord" + (subject.IsOfDifferenceAlone
                        ? $" between ρ = {At(left)} and {At(right)} at {At(middle)}"
                        : $" of a line in {line.Name}"),
                    new([.. observations]));
            }
        }

        return null;

        string At(int i) => Observation.Number(line.Moves[0].Column == Columns.PolicyRejected ? -points[i] : points[i]);

        double On(int left, int middle, int right) =>
            losses[left] + ((losses[right] - losses[left]) * ((points[middle] - points[left]) / (points[right] - points[left])));
    }
}
