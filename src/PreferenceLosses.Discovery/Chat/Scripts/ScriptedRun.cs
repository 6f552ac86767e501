using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PreferenceLosses.Discovery;

/// <summary>
/// A conversation that is built in, so that a discovery can be seen without a language model: 18 proposals that are the same functions as those of the run that
/// the DiscoPOP paper logs (arXiv 2406.08414, appendix F), in words and code of our own. The 9th, 15th and 16th return one number for the whole batch, and the
/// 14th does not look at the policy's rejected completion.
/// </summary>
public static class ScriptedRun
{
    /// <summary>The name of the embedded resource.</summary>
    private const string Resource = "PreferenceLosses.Discovery.Chat.Scripts.scripted-run.json";

    /// <summary>The proposals, in the order in which they are made.</summary>
    public static ImmutableArray<Proposal> Proposals { get; } = Read();

    private static ImmutableArray<Proposal> Read()
    {
        using var stream = typeof(ScriptedRun).Assembly.GetManifestResourceStream(Resource)!;
        return JsonSerializer.Deserialize(stream, ScriptedRunJson.Default.ImmutableArrayProposal);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ImmutableArray<Proposal>))]
internal sealed partial class ScriptedRunJson : JsonSerializerContext;
