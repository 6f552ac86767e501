using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>The body of a request for a chat completion. What a request asks for and the body cannot say is refused.</summary>
internal static class CompletionRequest
{
    public static byte[] Write(IEnumerable<ChatMessage> messages, ChatOptions? asked, OpenAICompatibleOptions options)
    {
        if (asked is { Tools.Count: > 0 } or { TopK: not null })
        {
            throw new NotSupportedException("Tools and top-k are not passed on to the chat model.");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("model", asked?.ModelId ?? options.Model);
            writer.WriteStartArray("messages");
            if (asked?.Instructions is { } instructions)
            {
                Write(writer, new ChatMessage(ChatRole.System, instructions));
            }

            foreach (var message in messages)
            {
                Write(writer, message);
            }

            writer.WriteEndArray();
            Write(writer, "temperature", asked?.Temperature);
            Write(writer, "top_p", asked?.TopP);
            Write(writer, "frequency_penalty", asked?.FrequencyPenalty);
            Write(writer, "presence_penalty", asked?.PresencePenalty);
            Write(writer, "seed", asked?.Seed);
            Write(writer, options.MaxTokensField, asked?.MaxOutputTokens);
            if (asked?.StopSequences is { Count: > 0 } stops)
            {
                writer.WriteStartArray("stop");
                foreach (var stop in stops)
                {
                    writer.WriteStringValue(stop);
                }

                writer.WriteEndArray();
            }

            if (options.HasJsonMode && asked?.ResponseFormat is ChatResponseFormatJson)
            {
                writer.WriteStartObject("response_format");
                writer.WriteString("type", "json_object");
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, ChatMessage message)
    {
        writer.WriteStartObject();
        writer.WriteString("role", message.Role.Value);
        if (message.Contents.All(content => content is TextContent))
        {
            writer.WriteString("content", message.Text);
        }
        else
        {
            writer.WriteStartArray("content");
            foreach (var content in message.Contents)
            {
                Write(writer, content);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, AIContent content)
    {
        writer.WriteStartObject();
        switch (content)
        {
            case TextContent text:
                writer.WriteString("type", "text");
                writer.WriteString("text", text.Text);
                break;
            case DataContent image when image.HasTopLevelMediaType("image"):
                writer.WriteString("type", "image_url");
                writer.WriteStartObject("image_url");
                writer.WriteString("url", image.Uri);
                writer.WriteEndObject();
                break;
            default:
                throw new NotSupportedException($"A message has a {content.GetType().Name}; text and images are passed on to the chat model.");
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, float? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }
}
