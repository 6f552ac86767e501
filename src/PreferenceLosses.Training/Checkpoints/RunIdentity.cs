using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Training;

/// <summary>What decides over the course of a run, by name and as text: two runs with the same are the same run.</summary>
internal static class RunIdentity
{
    public static ImmutableSortedDictionary<string, string> Of(IPreferenceLoss loss, TrainingOptions options, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var identity = new Dictionary<string, string>
        {
            ["loss"] = LossJson.Serialize(loss),
            ["epochs"] = Text(options.Epochs),
            ["batch size"] = Text(options.BatchSize),
            ["gradient accumulation"] = Text(options.GradientAccumulation),
            ["statistics span"] = options.StatisticsSpan.ToString(),
            ["learning rate"] = Text(options.LearningRate),
            ["schedule"] = options.Schedule.ToString(),
            ["warm-up steps"] = Text(options.WarmupSteps),
            ["maximum gradient norm"] = Text(options.MaxGradientNorm),
            ["seed"] = Text(options.Seed),
            ["moment decay"] = Text(options.MomentDecay),
            ["reference synchronization"] = options.ReferenceSynchronization is { } sync ? $"{Text(sync.Share)} every {Text(sync.Interval)}" : "none",
        };
        foreach (var (name, value) in more)
        {
            identity.Add(name, value);
        }

        return identity.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>What differs, for a message; null if nothing does.</summary>
    public static string? Differences(ImmutableSortedDictionary<string, string> saved, ImmutableSortedDictionary<string, string> now)
    {
        var differences = now.Keys.Union(saved.Keys)
            .Where(name => now.GetValueOrDefault(name) != saved.GetValueOrDefault(name))
            .Select(name => $"{name} was {saved.GetValueOrDefault(name, "nothing")} and is {now.GetValueOrDefault(name, "nothing")}")
            .ToArray();
        return differences.Length == 0 ? null : "it is of another run: " + string.Join(", ", differences);
    }

    public static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
