using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Cli.Listing;
using PreferenceLosses.Discovery;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>Ways to search against each other, by name, and what they came to.</summary>
internal static class AblationArms
{
    /// <summary>What the names mean: the context, or in place of a model random mixtures.</summary>
    private static readonly OrderedDictionary<string, Func<DiscoverySettings, DiscoverySettings>> Known = new()
    {
        ["chronological"] = settings => settings with { Context = "chronological" },
        ["chronological-without-thoughts"] = settings => settings with { Context = "chronological", Thoughts = false },
        ["chronological-without-failures"] = settings => settings with { Context = "chronological", Failures = false },
        ["best"] = settings => settings with { Context = "best" },
        ["best-first"] = settings => settings with { Context = "best", Order = "best-first" },
        ["best-unsorted"] = settings => settings with { Context = "best", Order = "unsorted" },
        ["best-without-thoughts"] = settings => settings with { Context = "best", Thoughts = false },
        ["best-of-n"] = settings => settings with { Context = "none" },
        ["random"] = settings => settings with { Context = "none", Model = DiscoverySettings.Random },
    };

    public static string Names => string.Join(", ", Known.Keys);

    public static ImmutableArray<AblationArm> Of(string names, DiscoverySettings settings, IProgress<string> notes) =>
    [
        .. names.Split(',').Select(name =>
        {
            var of = Known.GetValueOrDefault(name) ?? throw CommandException.WrongUsage($"--arms has '{name}'; {Names} are accepted.");
            var own = of(settings);
            return new AblationArm(name, own.Options([]), (_, use) => new DiscoveryParts(own, notes).Unrecorded(use));
        }),
    ];

    public static void Write(ImmutableArray<AblationResult> results, TextWriter output)
    {
        output.Write(string.Create(CultureInfo.InvariantCulture, $"ahead of the baseline after {results[0].Best.Length - 1} generations, best so far, 95 % intervals over repetitions\n\n"));
        TextTable.Write(output, [["arm", "best", "against " + results[0].Arm], .. results.Select(result => new[] { result.Arm, Text(result.Best), result == results[0] ? "" : Text(result.AgainstFirst) })]);
    }

    private static string Text(ImmutableArray<Estimate> byGeneration) => FitnessText.OfDifference(byGeneration[^1]);
}
