using System.Collections.Immutable;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>Keeps the metrics of a training, and makes curves of a few points of them.</summary>
internal sealed class CurveRecorder : IProgress<TrainingProgress>
{
    private static readonly ImmutableArray<(string Metric, string Name)> Shown =
    [
        (MetricNames.Loss, "loss"), (MetricNames.Accuracy, "accuracy"), (MetricNames.GradientNorm, "gradient norm"),
    ];

    private readonly List<double[]> steps = [];

    /// <inheritdoc/>
    public void Report(TrainingProgress value) => steps.Add([.. Shown.Select(one => value.Metrics.GetValueOrDefault(one.Metric, double.NaN))]);

    /// <summary>Each point is the mean over as many steps as fall to it, and stands at the last of them. A metric that the loss does not have has no curve.</summary>
    public ImmutableArray<TrainingCurve> Curves(int points)
    {
        var count = Math.Min(points, steps.Count);
        ImmutableArray<int> ends = [.. Enumerable.Range(1, count).Select(i => (int)((long)steps.Count * i / count))];
        return [.. from i in Enumerable.Range(0, Shown.Length)
                   let values = ends.Select((end, k) => steps[(k == 0 ? 0 : ends[k - 1])..end].Average(step => step[i])).ToImmutableArray()
                   where values.All(double.IsFinite)
                   select new TrainingCurve(Shown[i].Name, ends, values)];
    }
}
