using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace PreferenceLosses.Training;

/// <summary>What is wrong with a line; the reader adds which line it is.</summary>
internal sealed class UnacceptableLineException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>From a line of JSON to an example. The fields that there are say which format it is.</summary>
internal static class ExampleParser
{
    // A property that is there twice has no one value.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a line.</summary>
    /// <param name="line">The JSON, as UTF-8.</param>
    /// <param name="file">Where it stands, for the example.</param>
    /// <param name="number">The line, for the example.</param>
    /// <exception cref="UnacceptableLineException">It is no example.</exception>
    public static (TextExample Example, ExampleFormat Format) Parse(ReadOnlyMemory<byte> line, string file, long number)
    {
        if (!Utf8.IsValid(line.Span))
        {
            throw new UnacceptableLineException("the bytes are not UTF-8, which is what JSON lines are written in.");
        }

        try
        {
            using var document = JsonDocument.Parse(line, Options);
            return Parse(document.RootElement, file, number);
        }
        catch (JsonException failed)
        {
            // What follows in the message is a line within the line.
            var reason = failed.Message.Split(" LineNumber:")[0];
            throw new UnacceptableLineException($"this is not one JSON object: {reason} (byte {failed.BytePositionInLine + 1 ?? 1})", failed);
        }
    }

    private static (TextExample Example, ExampleFormat Format) Parse(JsonElement line, string file, long number)
    {
        if (line.ValueKind != JsonValueKind.Object)
        {
            throw new UnacceptableLineException($"an object is expected on each line, and this is {Described(line)}.");
        }

        var isPair = line.TryGetProperty("chosen", out var chosen) | line.TryGetProperty("rejected", out var rejected);
        var isUnpaired = line.TryGetProperty("completion", out var completion);
        var isRanked = line.TryGetProperty("completions", out var responses) | line.TryGetProperty("responses", out var others);
        return (isPair, isUnpaired, isRanked) switch
        {
            (true, false, false) => Pair(line, chosen, rejected),
            (false, true, false) => Unpaired(line, completion),
            (false, false, true) => Ranked(line, responses, others),
            (false, false, false) => throw new UnacceptableLineException(
                "\"chosen\" and \"rejected\", or \"completion\" and \"label\", or \"completions\" (also called \"responses\") are expected, and none of them is there."),
            _ => throw new UnacceptableLineException(
                "the fields of more than one format are there: \"chosen\" and \"rejected\", \"completion\", and \"completions\" or \"responses\" exclude each other."),
        };

        (TextExample, ExampleFormat) Pair(JsonElement line, JsonElement chosen, JsonElement rejected)
        {
            Completion first = Completion.Read(chosen, "\"chosen\""), second = Completion.Read(rejected, "\"rejected\"");
            var (prompt, texts) = WithPrompt(line, [first, second]);
            var scores = PairScores(line);
            return Made(ExampleKind.Pair, first, prompt, texts, scores: scores);
        }

        (TextExample, ExampleFormat) Unpaired(JsonElement line, JsonElement completion)
        {
            var only = Completion.Read(completion, "\"completion\"");
            if (!line.TryGetProperty("prompt", out _))
            {
                throw new UnacceptableLineException("\"prompt\" is missing; only where two completions share their beginning it can be left out.");
            }

            var (prompt, texts) = WithPrompt(line, [only]);
            return Made(ExampleKind.Unpaired, only, prompt, texts, isDesirable: Label(line));
        }

        (TextExample, ExampleFormat) Ranked(JsonElement line, JsonElement completions, JsonElement responses)
        {
            if (completions.ValueKind != JsonValueKind.Undefined && responses.ValueKind != JsonValueKind.Undefined)
            {
                throw new UnacceptableLineException("\"completions\" and \"responses\" are two names of one field, and both are there.");
            }

            if (line.TryGetProperty("labels", out _))
            {
                throw new UnacceptableLineException("\"labels\" of \"completions\" are stepwise supervision, which is no preference; \"scores\", or an order with the best first, is accepted.");
            }

            var (list, name) = completions.ValueKind != JsonValueKind.Undefined ? (completions, "completions") : (responses, "responses");
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() < 2)
            {
                throw new UnacceptableLineException($"\"{name}\" has to be a list of two or more, and is {Described(list)}.");
            }

            if (!line.TryGetProperty("prompt", out _))
            {
                throw new UnacceptableLineException($"\"prompt\" is missing, which \"{name}\" need.");
            }

            var read = list.EnumerateArray().Select((one, index) => Completion.Read(one, $"\"{name}\"[{index}]")).ToArray();
            var (prompt, texts) = WithPrompt(line, read);
            var scores = Scores(line, texts.Length);
            if (!scores.IsEmpty)
            {
                // Stable: what scores the same stays in the order of the file.
                var order = Enumerable.Range(0, texts.Length).OrderByDescending(index => scores[index]).ToArray();
                texts = [.. order.Select(index => texts[index])];
                scores = [.. order.Select(index => scores[index])];
            }

            return Made(ExampleKind.Ranked, read[0], prompt, texts, scores: scores);
        }

        (TextExample, ExampleFormat) Made(
            ExampleKind kind, Completion first, (string Text, bool IsField) prompt, ImmutableArray<string> texts, bool isDesirable = false, ImmutableArray<double>? scores = null)
        {
            var example = new TextExample(kind, prompt.Text, texts, isDesirable, scores ?? [], file, number);
            return (example, new ExampleFormat(kind, prompt.IsField, first.Messages is not null, example.Scores.Length > 0));
        }
    }

    /// <summary>The prompt, and the completions after it; the prompt is a field, or what the completions share.</summary>
    private static ((string Text, bool IsField) Prompt, ImmutableArray<string> Completions) WithPrompt(JsonElement line, Completion[] completions)
    {
        var areMessages = completions[0].Messages is not null;
        if (completions.FirstOrDefault(completion => completion.Messages is not null != areMessages) is { Name: not null } different)
        {
            throw new UnacceptableLineException($"{different.Name} is {different.Form} and {completions[0].Name} {completions[0].Form}; they have to be of one form.");
        }

        var prompt = line.TryGetProperty("prompt", out var field) ? Completion.Read(field, "\"prompt\"") : default;
        if (!areMessages)
        {
            if (prompt.Messages is not null)
            {
                throw new UnacceptableLineException($"\"prompt\" is {prompt.Form} and {completions[0].Name} {completions[0].Form}; they have to be of one form.");
            }

            if (prompt.Text is not null)
            {
                return ((prompt.Text, true), [.. completions.Select(completion => completion.Text!)]);
            }

            var shared = Conversations.SharedPrompt(completions[0].Text!, completions[1].Text!);
            return ((completions[0].Text![..shared], false), [.. completions.Select(completion => completion.Text![shared..])]);
        }

        // A prompt that is a string beside conversations repeats one of their turns, as in UltraFeedback; TRL does not read it either.
        var turns = 0;
        if (prompt.Messages is null)
        {
            if (completions.Length != 2)
            {
                throw new UnacceptableLineException($"\"prompt\" is {prompt.Form} and {completions[0].Name} {completions[0].Form}; they have to be of one form.");
            }

            turns = Conversations.SharedTurns(completions[0].Messages, completions[1].Messages) ?? throw new UnacceptableLineException(
                "the two conversations share no beginning after which the assistant speaks in both.");
        }

        var before = prompt.Messages ?? completions[0].Messages![..turns];
        return ((Conversations.Prompt(before), prompt.Messages is not null), [.. completions.Select(completion => completion.After(turns))]);
    }

    private static bool Label(JsonElement line)
    {
        if (!line.TryGetProperty("label", out var label))
        {
            throw new UnacceptableLineException("\"label\" is missing: true for a desirable completion, false for an undesirable one.");
        }

        return label.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number when label.TryGetInt32(out var number) && number is 0 or 1 => number == 1,
            _ => throw new UnacceptableLineException($"\"label\" has to be true, false, 1 or 0, and is {Described(label)}."),
        };
    }

    private static ImmutableArray<double> Scores(JsonElement line, int count)
    {
        if (!line.TryGetProperty("scores", out var scores))
        {
            return [];
        }

        return scores.ValueKind == JsonValueKind.Array && scores.GetArrayLength() == count
            ? [.. scores.EnumerateArray().Select((score, index) => Score(score, $"\"scores\"[{index}]"))]
            : throw new UnacceptableLineException($"\"scores\" has to be a list of {count}, one for each completion, and is {Described(scores)}.");
    }

    private static ImmutableArray<double> PairScores(JsonElement line)
    {
        foreach (var (chosen, rejected) in new[] { ("chosen_score", "rejected_score"), ("score_chosen", "score_rejected") })
        {
            if (line.TryGetProperty(chosen, out var first) | line.TryGetProperty(rejected, out var second))
            {
                return [Score(first, $"\"{chosen}\""), Score(second, $"\"{rejected}\"")];
            }
        }

        return [];
    }

    private static double Score(JsonElement score, string name) =>
        score.ValueKind == JsonValueKind.Number && score.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw new UnacceptableLineException($"{name} has to be a finite number, and is {Described(score)}.");

    private static string Described(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined => "missing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"a list of {element.GetArrayLength()}",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        var literal => literal.ToString().ToLowerInvariant(),
    };

    private static string Text(JsonElement element, string name)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException failed) // half a surrogate pair, which JSON can escape and text cannot hold
        {
            throw new UnacceptableLineException($"{name} has an escape that stands for half a character.", failed);
        }
    }

    /// <summary>A prompt or a completion as it is in the file: a string, or a list of messages.</summary>
    private readonly record struct Completion(string Name, string? Text, Message[]? Messages)
    {
        public string Form => Messages is null ? "a string" : "a list of messages";

        public static Completion Read(JsonElement element, string name) => element.ValueKind switch
        {
            JsonValueKind.String => new Completion(name, ExampleParser.Text(element, name), null),
            JsonValueKind.Array when element.GetArrayLength() > 0 =>
                new Completion(name, null, [.. element.EnumerateArray().Select((message, index) => ReadMessage(message, $"{name}[{index}]"))]),
            _ => throw new UnacceptableLineException($"{name} has to be a string or a list of messages, and is {Described(element)}."),
        };

        /// <summary>The text after the prompt.</summary>
        public string After(int turns) => Conversations.Completion(Messages!.AsSpan(turns)) ?? throw new UnacceptableLineException(
            $"{Name} begins with the role \"{Messages![turns].Role}\"; a completion begins with \"assistant\".");

        private static Message ReadMessage(JsonElement message, string name)
        {
            if (message.ValueKind != JsonValueKind.Object
                || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String
                || !message.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String)
            {
                throw new UnacceptableLineException($"{name} has to be a message with the strings \"role\" and \"content\".");
            }

            var who = ExampleParser.Text(role, name);
            return who.Length > 0
                ? new Message(who, ExampleParser.Text(content, name))
                : throw new UnacceptableLineException($"{name} has an empty \"role\".");
        }
    }
}
