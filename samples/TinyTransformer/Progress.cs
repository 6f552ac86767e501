using System.Globalization;
using PreferenceLosses.Training;

namespace TinyTransformer;

/// <summary>Tells a person how far a run is, ten times.</summary>
internal sealed class Progress(string what) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (value.Step * 10 / value.TotalSteps > (value.Step - 1) * 10 / value.TotalSteps)
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {what}: step {value.Step} of {value.TotalSteps}, loss {value.Metrics[MetricNames.Loss]:F4}, {value.Elapsed.TotalSeconds:F0} s"));
        }
    }
}
