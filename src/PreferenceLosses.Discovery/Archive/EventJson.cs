using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PreferenceLosses.Discovery;

/// <summary>Events as lines of JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(DiscoveryEvent))]
internal sealed partial class EventJson : JsonSerializerContext
{
    /// <summary>Readable by people: letters stay letters. Line feeds and other control characters are always escaped, so an event is one line.</summary>
    private static readonly EventJson Readable = new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>An event in UTF-8, without a line feed.</summary>
    public static byte[] Write(DiscoveryEvent value) => JsonSerializer.SerializeToUtf8Bytes(value, Readable.DiscoveryEvent);

    /// <summary>Reads it back.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static DiscoveryEvent Read(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize(line, Readable.DiscoveryEvent) ?? throw new JsonException("It is null.");
}
