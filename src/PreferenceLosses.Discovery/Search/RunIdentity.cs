using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>What decides on the course of a run, by name and as text. Limits do not: a run may go on with others.</summary>
internal static class RunIdentity
{
    public static ImmutableSortedDictionary<string, string> Of(IObjectiveDomain domain, IObjectiveEvaluator evaluator, IChatClient model, DiscoveryOptions options)
    {
        var metadata = model.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata;
        var identity = new Dictionary<string, string>
        {
            ["domain"] = domain.Name,
            ["instructions"] = Hash(domain.Instructions),
            ["established objectives"] = Hash([.. domain.Established.Select(one => one.Code)]),
            ["evaluator"] = evaluator.Fingerprint,
            ["model"] = metadata?.DefaultModelId ?? metadata?.ProviderName ?? "unknown",
            ["context"] = options.Context.Name,
            ["temperature"] = options.Temperature?.ToString(CultureInfo.InvariantCulture) ?? "the service's",
            ["reply tokens"] = options.MaximumReplyTokens.ToString(CultureInfo.InvariantCulture),
            ["repairs"] = options.MaximumRepairs.ToString(CultureInfo.InvariantCulture),
            ["seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            ["seed rounds"] = string.Join(' ', options.SeedRounds.Select(round => round.ToString(CultureInfo.InvariantCulture))),
        };
        foreach (var stage in options.Confirmation)
        {
            identity["confirmation: " + stage.Name] =
                $"{stage.Evaluator.Fingerprint}, seeds {string.Join(' ', stage.Seeds.Select(seed => seed.ToString(CultureInfo.InvariantCulture)))}";
        }

        return identity.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>What differs, for a message; null if nothing does.</summary>
    public static string? Differences(ImmutableSortedDictionary<string, string> then, ImmutableSortedDictionary<string, string> now)
    {
        var differences = now.Keys.Union(then.Keys)
            .Where(name => now.GetValueOrDefault(name) != then.GetValueOrDefault(name))
            .Select(name => $"{name} was {then.GetValueOrDefault(name, "nothing")} and is {now.GetValueOrDefault(name, "nothing")}")
            .ToArray();
        return differences.Length == 0 ? null : string.Join(", ", differences);
    }

    /// <summary>16 hexadecimal digits of a SHA-256, each text with its length, so that "ab" and "c" are not "a" and "bc".</summary>
    public static string Hash(params ReadOnlySpan<string> texts)
    {
        var all = new StringBuilder();
        foreach (var text in texts)
        {
            all.Append(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())).AsSpan(0, 8));
    }
}
