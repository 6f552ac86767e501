using System.Diagnostics.Metrics;

namespace PreferenceLosses.Training;

/// <summary>The same metrics for tools that listen to <c>System.Diagnostics.Metrics</c>: meter <c>PreferenceLosses.Training</c>, one gauge for each name.</summary>
internal static class TrainingMeter
{
    private static readonly Meter Meter = new("PreferenceLosses.Training");
    private static readonly Counter<long> Steps = Meter.CreateCounter<long>("preference_losses.steps", "{step}", "Steps done.");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("preference_losses.tokens", "{token}", "Completion tokens trained on.");
    private static readonly Dictionary<string, Gauge<double>> Gauges = [];

    public static void Record(IReadOnlyDictionary<string, double> metrics, string loss, long tokens)
    {
        var tag = new KeyValuePair<string, object?>("loss", loss);
        Steps.Add(1, tag);
        Tokens.Add(tokens, tag);
        foreach (var (name, value) in metrics)
        {
            Gauge<double>? gauge;
            lock (Gauges)
            {
                if (!Gauges.TryGetValue(name, out gauge))
                {
                    Gauges[name] = gauge = Meter.CreateGauge<double>("preference_losses." + name.Replace('/', '.'));
                }
            }

            gauge.Record(value, tag);
        }
    }
}
