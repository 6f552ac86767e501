using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>A request to a chat model with its reply, as a line of a recording. Of an image the hash is kept. Keys are not part of a request, so there is none in a recording.</summary>
/// <param name="Messages">Who said what, in order.</param>
/// <param name="Reply">The reply.</param>
internal sealed record RecordedExchange(ImmutableArray<RecordedMessage> Messages, ChatResponse Reply)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The messages of a request, with its instructions as the first one.</summary>
    public static ImmutableArray<RecordedMessage> MessagesOf(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var all = messages.Select(message => new RecordedMessage(message.Role.Value, string.Concat(message.Contents.Select(Text))));
        return options?.Instructions is { } instructions ? [new(ChatRole.System.Value, instructions), .. all] : [.. all];
    }

    /// <summary>The exchange on one line, which ends with a line feed.</summary>
    public byte[] ToLine(ChatOptions? options) =>
    [
        .. Json(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("messages");
            Write(writer, Messages);
            Write(writer, "temperature", options?.Temperature);
            Write(writer, "seed", options?.Seed);
            Write(writer, "max_tokens", options?.MaxOutputTokens);
            writer.WriteString("reply", Reply.Text);
            writer.WriteString("model", Reply.ModelId);
            writer.WriteString("finish_reason", Reply.FinishReason?.Value);
            Write(writer, "input_tokens", Reply.Usage?.InputTokenCount);
            Write(writer, "output_tokens", Reply.Usage?.OutputTokenCount);
            writer.WriteEndObject();
        }),
        (byte)'\n',
    ];

    /// <summary>Reads a line.</summary>
    /// <exception cref="InvalidDataException">It is no exchange.</exception>
    public static RecordedExchange Parse(string line, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var messages = root.GetProperty("messages").EnumerateArray()
                .Select(message => new RecordedMessage(message.GetProperty("role").GetString()!, message.GetProperty("text").GetString()!));
            var reply = new ChatResponse(new ChatMessage(ChatRole.Assistant, root.GetProperty("reply").GetString()!))
            {
                ModelId = root.GetProperty("model").GetString(),
                FinishReason = root.GetProperty("finish_reason").GetString() is { Length: > 0 } reason ? new ChatFinishReason(reason) : null,
            };
            if (root.TryGetProperty("input_tokens", out var input) && root.TryGetProperty("output_tokens", out var output))
            {
                reply.Usage = new UsageDetails { InputTokenCount = input.GetInt64(), OutputTokenCount = output.GetInt64(), TotalTokenCount = input.GetInt64() + output.GetInt64() };
            }

            return new RecordedExchange([.. messages], reply);
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{where} is no exchange of a recording: {wrong.Message}", wrong);
        }
    }

    private static string Text(AIContent content) => content switch
    {
        TextContent text => text.Text,
        DataContent data => $"[{data.MediaType}, SHA-256 {Convert.ToHexString(SHA256.HashData(data.Data.Span))}]",
        _ => throw new NotSupportedException($"A message has a {content.GetType().Name}; text and images can be recorded."),
    };

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, ImmutableArray<RecordedMessage> messages)
    {
        writer.WriteStartArray();
        foreach (var message in messages)
        {
            writer.WriteStartObject();
            writer.WriteString("role", message.Role);
            writer.WriteString("text", message.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }
}

/// <summary>A message as a recording has it.</summary>
/// <param name="Role">Who says it.</param>
/// <param name="Text">What is said.</param>
internal readonly record struct RecordedMessage(string Role, string Text)
{
    /// <summary>Where two conversations part, as a sentence.</summary>
    public static string Difference(ImmutableArray<RecordedMessage> asked, ImmutableArray<RecordedMessage> recorded)
    {
        for (var i = 0; i < Math.Min(asked.Length, recorded.Length); i++)
        {
            if (asked[i] == recorded[i])
            {
                continue;
            }

            var at = asked[i].Text.AsSpan().CommonPrefixLength(recorded[i].Text);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"message {i + 1} ({asked[i].Role}) differs at character {at + 1}: {Excerpt(asked[i].Text, at)} is asked, {Excerpt(recorded[i].Text, at)} is recorded");
        }

        return string.Create(CultureInfo.InvariantCulture, $"it has {asked.Length} messages, and {recorded.Length} are recorded");
    }

    private static string Excerpt(string text, int at) => UntrustedText.Quoted(text[at..], maximum: 60);
}
