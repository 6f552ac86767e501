using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PreferenceLosses.Training;

/// <summary>What is known after a round, besides weights.</summary>
/// <param name="Identity">What the run is.</param>
/// <param name="Rounds">The rounds that are done.</param>
internal sealed record RoundsState(ImmutableSortedDictionary<string, string> Identity, ImmutableArray<RoundReport> Rounds)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RoundsStateJson.Default.RoundsState);

    /// <summary>Reads a state, and refuses that of another run.</summary>
    public static RoundsState Read(byte[] json, ImmutableSortedDictionary<string, string> identity)
    {
        RoundsState? state;
        try
        {
            state = JsonSerializer.Deserialize(json, RoundsStateJson.Default.RoundsState);
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"its state cannot be read: {wrong.Message}", wrong);
        }

        return state?.Identity is null || state.Rounds.IsDefaultOrEmpty
            ? throw new InvalidDataException("its state is empty")
            : RunIdentity.Differences(state.Identity, identity) is { } differences ? throw new InvalidDataException(differences) : state;
    }
}

/// <summary>Generated code, so that nothing needs reflection. An interval may be infinite.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RoundsState))]
internal sealed partial class RoundsStateJson : JsonSerializerContext;
