using MathNet.Numerics.RootFinding;
using PreferenceLosses.Analysis.Probing;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Where are the minima, maxima, kinks and jumps?</summary>
internal static class Landscape
{
    /// <summary>A change of the derivative, or of the loss, that stays this share of the largest about while the interval shrinks to nothing is a kink, or a jump.</summary>
    private const double Share = 1e-4;

    /// <summary>Each of them halves the interval: from nats to the distance of neighbouring doubles.</summary>
    private const int Halvings = 40;

    public static LandscapeFinding Of(Subject subject)
    {
        var paths = Probing.Path.Of(subject);
        if (paths.Count == 0)
        {
            return new(Verdict.NotApplicable, "it is not a function of one log-probability or of their difference", []);
        }

        var points = paths.SelectMany(path => OnPath(subject, path).OrderBy(p => p.At).ThenBy(p => p.Kind)).ToArray();
        var where = paths[0].IsWhole ? "" : $" along {string.Join(" and ", paths.Select(p => p.Name))} from policy = reference";
        return new(
            Verdict.Numerical,
            (points.Length == 0 ? "no minimum, maximum, kink or jump" : string.Join("; ", points.Select(p => Words(p, paths.Count > 1)))) + where,
            [.. points]);
    }

    private static string Words(SpecialPoint point, bool withPath) =>
        $"{point.Kind.ToString().ToLowerInvariant()} at {(withPath ? point.Path + " " : point.Path == "ρ" ? "ρ = " : "")}{Observation.Number(point.At)}"
        + (point.Kind is PointKind.Kink ? "" : $" (loss {Observation.Number(point.Loss)})");

    private static IEnumerable<SpecialPoint> OnPath(Subject subject, Probing.Path path)
    {
        var t = subject.Points;
        var (losses, slopes) = path.At<double>(t);
        var patience = subject.Graph.IsBatchCoupled ? 4 : 8;
        var jumps = Smoothness.MayJump(subject.Graph) ? Breaks(t, losses, points => path.At<double>(points).Losses, patience).ToArray() : [];
        var kinks = Smoothness.MayHaveKink(subject.Graph) ? Breaks(t, slopes, points => path.At<double>(points).Slopes, patience).ToArray() : [];
        foreach (var jump in jumps)
        {
            yield return new(path.Name, PointKind.Jump, jump, path.Around(jump).Before.Loss);
        }

        foreach (var kink in kinks.Where(kink => jumps.All(jump => Math.Abs(jump - kink) > 1e-6 * (1 + Math.Abs(jump)))))
        {
            yield return new(path.Name, PointKind.Kink, kink, path.Loss(kink));
        }

        // A run of zeros counts once, if the derivative has another sign behind it than before it: a flat bottom.
        var last = -1;
        for (var i = 0; i < t.Length; i++)
        {
            if (slopes[i] == 0 || !double.IsFinite(slopes[i]))
            {
                continue;
            }

            if (last >= 0 && Math.Sign(slopes[last]) != Math.Sign(slopes[i]))
            {
                var at = i - last > 1 ? t[last + 1] : Brent.FindRoot(path.Slope, t[last], t[i], accuracy: 1e-15, maxIterations: 1000);
                yield return new(path.Name, slopes[last] < 0 ? PointKind.Minimum : PointKind.Maximum, at, path.Loss(at));
            }

            last = i;
        }
    }

    /// <summary>
    /// Where a function changes within nothing: intervals are halved towards the larger change, and kept if it stays. After some
    /// halvings, more where points are cheap, a change that still shrinks is taken for a smooth one.
    /// </summary>
    private static IEnumerable<double> Breaks(double[] points, double[] values, Func<double[], double[]> function, int patience)
    {
        var size = values.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        var intervals = Enumerable.Range(0, points.Length - 1)
            .Select(i => (From: points[i], To: points[i + 1], Low: values[i], High: values[i + 1]))
            .Where(i => Changes(i.Low, i.High))
            .ToArray();
        for (var halving = 0; halving < Halvings && intervals.Length > 0; halving++)
        {
            var middles = intervals.Select(i => (i.From + i.To) / 2).ToArray();
            var at = function(middles);
            var halves = intervals.Select((i, k) => Math.Abs(at[k] - i.Low) >= Math.Abs(i.High - at[k])
                ? (i.From, To: middles[k], i.Low, High: at[k])
                : (From: middles[k], i.To, Low: at[k], i.High)).ToArray();

            // Where nothing breaks a change halves with its interval; what is left of it at a break stays.
            intervals = [.. halves.Where((half, k) => Changes(half.Low, half.High)
                && (halving < patience || Math.Abs(half.High - half.Low) > 0.7 * Math.Abs(intervals[k].High - intervals[k].Low)))];
        }

        // Two intervals that meet in a break find it twice.
        double? previous = null;
        foreach (var at in intervals.Select(i => Math.Abs(i.To) < 1e-9 ? 0 : i.To).Order())
        {
            if (previous is not { } known || at - known > 1e-6 * (1 + Math.Abs(at)))
            {
                yield return at;
            }

            previous = at;
        }

        bool Changes(double low, double high) => double.IsFinite(low) && double.IsFinite(high) && size > 0
            && Math.Abs(high - low) > Share * Math.Max(Math.Max(Math.Abs(low), Math.Abs(high)), Share * size);
    }
}
