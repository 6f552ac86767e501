using PreferenceLosses.Analysis.Probing;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>What does the loss do far out?</summary>
internal static class Tails
{
    /// <summary>How well the numbers at three distances have to agree with a law.</summary>
    private const double Agreement = 1e-3;

    public static TailFinding Of(Subject subject)
    {
        var paths = Probing.Path.Of(subject);
        if (paths.Count == 0)
        {
            return new(Verdict.NotApplicable, "it is not a function of one log-probability or of their difference", []);
        }

        var tails = paths.SelectMany(path => new[] { Tail(path, -1), Tail(path, 1) }).ToArray();
        return new(
            Verdict.Numerical,
            string.Join("; ", tails.Select(t => $"{t.Path} → {(t.TowardsPlus ? "+∞" : "−∞")}: {Words(t)}")) + (paths[0].IsWhole ? "" : ", the rest at policy = reference"),
            [.. tails]);
    }

    private static string Words(Tail tail) => tail.Kind switch
    {
        TailKind.Saturates => $"saturates at {Observation.Number(tail.Number)}",
        TailKind.Linear => $"linear with slope {Observation.Number(tail.Number)}",
        TailKind.Polynomial => $"like a power, {Observation.Number(tail.Number)}",
        TailKind.Exponential => $"exponential, e^({Observation.Number(tail.Number)}·{tail.Path})",
        _ => "none of linear, a power, exponential or saturated",
    };

    private static Tail Tail(Probing.Path path, int side)
    {
        // The farthest distance at which everything is finite, by halves.
        var far = Enumerable.Range(0, 30).Select(i => side * path.Reach * Math.Pow(2, -i)).ToArray();
        var (losses, slopes) = path.At<double>(far);
        var k = Array.FindIndex(losses, double.IsFinite);
        for (; k >= 0 && k + 2 < far.Length && !double.IsFinite(slopes[k]); k++)
        {
        }

        if (k < 0 || k + 2 >= far.Length)
        {
            return new(path.Name, side > 0, TailKind.Other, double.NaN);
        }

        // What is small is small beside what the loss is near 0.
        var (loss, half, slope) = (losses[k], losses[k + 1], slopes[k]);
        var small = Agreement * Agreement * losses.Where((value, i) => Math.Abs(far[i]) <= 100 && double.IsFinite(value)).Select(Math.Abs).DefaultIfEmpty(0).Max();
        var degree = Math.Log2(Math.Abs(loss / half));
        var degreeBefore = Math.Log2(Math.Abs(half / losses[k + 2]));
        var (kind, number) = k > 0 || Math.Abs(loss) > 1e100 ? (TailKind.Exponential, slope / loss)
            : Near(loss, half, small) && Math.Abs(slope * far[k]) <= Math.Max(Agreement * Math.Abs(loss), small) ? (TailKind.Saturates, Math.Abs(loss) <= small ? 0 : loss)
            : Near(slope, slopes[k + 1], 0) ? (TailKind.Linear, slope)
            : Near(degree, degreeBefore, 0) ? (TailKind.Polynomial, Math.Abs(degree - Math.Round(degree)) < 0.01 ? Math.Round(degree) : degree)
            : (TailKind.Other, double.NaN);
        return new(path.Name, side > 0, kind, number);
    }

    private static bool Near(double a, double b, double small) => Math.Abs(a - b) <= Math.Max(Agreement * Math.Max(Math.Abs(a), Math.Abs(b)), small);
}
