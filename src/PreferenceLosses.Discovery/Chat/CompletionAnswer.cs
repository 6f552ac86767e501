using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>What a server answered to a request for a chat completion. Nothing in it is believed to be as it should.</summary>
internal static class CompletionAnswer
{
    private const int LongestExcerpt = 300;

    /// <summary>The reply in an answer that claims success.</summary>
    /// <exception cref="ChatModelException">There is none. Trying again may help.</exception>
    public static ChatResponse Read(ReadOnlyMemory<byte> answer, Func<string, string> clean)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            return Property(root, "choices") is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() > 0
                ? Read(root, choices[0])
                : throw Wrong("has no choices", answer, clean);
        }
        catch (Exception failed) when (failed is JsonException or InvalidOperationException or FormatException)
        {
            // The second is half a surrogate pair in a string, the third a number that is none.
            throw Wrong("cannot be read as a chat completion", answer, clean);
        }

        ChatResponse Read(JsonElement root, JsonElement choice)
        {
            var message = Property(choice, "message");
            if (message is not { ValueKind: JsonValueKind.Object })
            {
                throw Wrong("has a choice without a message", answer, clean);
            }

            // A model that thought until its tokens were used up has said nothing, and is paid for it: asking again would cost the same.
            var text = Text(message, "content") ?? Text(message, "refusal") ?? "";
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
            {
                ModelId = Text(root, "model"),
                ResponseId = Text(root, "id"),
                FinishReason = Text(choice, "finish_reason") is { Length: > 0 } reason ? new ChatFinishReason(reason) : null,
                Usage = Usage(Property(root, "usage")),
            };
        }
    }

    /// <summary>What a server says of an error, in one line and shortened; empty if nothing.</summary>
    public static string ErrorMessage(ReadOnlyMemory<byte> answer, Func<string, string> clean)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var error = Property(document.RootElement, "error");
            return Excerpt(Text(error, "message") ?? Text(document.RootElement, "error") ?? document.RootElement.GetRawText(), clean);
        }
        catch (Exception failed) when (failed is JsonException or InvalidOperationException)
        {
            return Excerpt(Encoding.UTF8.GetString(answer.Span), clean);
        }
    }

    private static UsageDetails? Usage(JsonElement? usage)
    {
        var (input, output) = (Count(usage, "prompt_tokens"), Count(usage, "completion_tokens"));
        return input is null || output is null ? null : new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output };
    }

    private static JsonElement? Property(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement? element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static long? Count(JsonElement? element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var count) && count >= 0 ? count : null;

    private static ChatModelException Wrong(string what, ReadOnlyMemory<byte> answer, Func<string, string> clean) =>
        new($"The chat model's answer {what}: {Excerpt(Encoding.UTF8.GetString(answer.Span), clean)}") { IsTransient = true, MayHaveCost = true };

    /// <summary>The beginning of a text, on one line, without anything that a terminal would act on.</summary>
    private static string Excerpt(string text, Func<string, string> clean) => UntrustedText.Line(clean(text), LongestExcerpt);
}
