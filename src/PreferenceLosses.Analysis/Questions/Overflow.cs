using System.Numerics;
using PreferenceLosses.Analysis.Probing;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>From where on is the loss or its gradient not finite, in single and in double precision?</summary>
internal static class Overflow
{
    public static OverflowFinding Of(Subject subject)
    {
        var paths = Probing.Path.Of(subject);
        if (paths.Count == 0)
        {
            return new(Verdict.NotApplicable, "it is not a function of one log-probability or of their difference", []);
        }

        var points = paths.SelectMany(path => new[] { -1, 1 }.SelectMany(side =>
            new[] { First<float>(path, side, "single"), First<double>(path, side, "double") })).OfType<OverflowPoint>().ToArray();
        var reach = $"|{paths[0].Name}| ≤ {Observation.Number(paths[0].Reach)}";
        return new(
            Verdict.Numerical,
            points.Length == 0
                ? $"finite, with its gradient, for {reach} in both precisions"
                : string.Join("; ", points.Select(p => $"{p.Precision}: {p.Path} {(p.At < 0 ? "<" : ">")} {Observation.Number(p.At)}{(p.IsGradientOnly ? " (gradient only)" : "")}")),
            [.. points]);
    }

    private static OverflowPoint? First<T>(Probing.Path path, int side, string precision)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var distances = new List<double> { 1 };
        while (distances[^1] * path.Step < path.Reach)
        {
            distances.Add(distances[^1] * path.Step);
        }

        distances.Add(path.Reach);
        var (losses, slopes) = path.At<T>([.. distances.Select(d => side * d)]);
        var first = Enumerable.Range(0, distances.Count).FirstOrDefault(i => !double.IsFinite(losses[i]) || !double.IsFinite(slopes[i]), -1);
        if (first < 0)
        {
            return null;
        }

        var (near, far) = (first == 0 ? 0 : distances[first - 1], distances[first]);
        while (far - near > 1e-5 * far)
        {
            var middle = (near + far) / 2;
            (losses, slopes) = path.At<T>([side * middle]);
            (near, far) = double.IsFinite(losses[0]) && double.IsFinite(slopes[0]) ? (middle, far) : (near, middle);
        }

        return new(path.Name, precision, side * far, double.IsFinite(path.At<T>([side * far]).Losses[0]));
    }
}
