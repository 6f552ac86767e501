using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PreferenceLosses.Discovery;

/// <summary>How events are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(DiscoveryEvent))]
internal sealed partial class EventJson : JsonSerializerContext;

/// <summary>Events as lines of text.</summary>
internal static class EventLine
{
    /// <summary>Letters stay letters, so that people can read it. Line feeds and other control characters are always escaped, so an event is one line.</summary>
    private static readonly EventJson Json = new(new JsonSerializerOptions(EventJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>An event in UTF-8, without a line feed.</summary>
    public static byte[] Write(DiscoveryEvent value) => JsonSerializer.SerializeToUtf8Bytes(value, Json.DiscoveryEvent);

    /// <summary>Reads it back.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static DiscoveryEvent Read(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize(line, Json.DiscoveryEvent) ?? throw new JsonException("It is null.");
}
