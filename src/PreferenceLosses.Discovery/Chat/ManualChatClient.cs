using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>
/// A person answers, or carries prompts to a model that has no interface: the conversation is written to <c>prompt-0001.md</c> in a folder, and the answer is awaited in
/// <c>reply-0001.txt</c> there, which counts as soon as it has not changed for a second.
/// </summary>
public sealed class ManualChatClient : LocalChatClient
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string folder;
    private readonly TimeProvider time;
    private int asked;

    /// <summary>A client that waits for answers.</summary>
    /// <param name="folder">Where prompts are written and answers awaited; it is made if it is not there.</param>
    /// <param name="answered">How many prompts were answered before, in the run that is resumed.</param>
    /// <param name="time">What pauses between looks are measured by; the system's clock if null.</param>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public ManualChatClient(string folder, int answered = 0, TimeProvider? time = null)
        : base("manual")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(answered);
        this.folder = Directory.CreateDirectory(folder).FullName;
        this.time = time ?? TimeProvider.System;
        asked = answered;
    }

    /// <summary>Told where a prompt is and where its answer is awaited.</summary>
    public IProgress<string>? Notes { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ChatModelException">There is an answer already, to another prompt.</exception>
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref asked);
        var (prompt, reply) = (PathOf("prompt", number), PathOf("reply", number));
        var conversation = Conversation(RecordedExchange.MessagesOf(messages, options));

        // The answer to this very prompt may be there, from a process that ended before it read it.
        var isAskedBefore = File.Exists(prompt) && await File.ReadAllTextAsync(prompt, cancellationToken).ConfigureAwait(false) == conversation;
        if (!isAskedBefore && File.Exists(reply))
        {
            throw new ChatModelException($"'{reply}' is there already, and answers another prompt. Move it away, and resume.");
        }

        await File.WriteAllTextAsync(prompt, conversation, cancellationToken).ConfigureAwait(false);
        Notes?.Report($"The prompt is in '{prompt}'; write the answer to '{reply}'.");
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, await AnswerAsync(reply, cancellationToken).ConfigureAwait(false))) { ModelId = "manual" };
    }

    private string PathOf(string kind, int number) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:D4}.{(kind == "reply" ? "txt" : "md")}"));

    private static string Conversation(IEnumerable<RecordedMessage> messages)
    {
        var text = new StringBuilder();
        foreach (var message in messages)
        {
            text.Append(CultureInfo.InvariantCulture, $"# {message.Role}\n\n{message.Text}\n\n");
        }

        return text.ToString();
    }

    private async Task<string> AnswerAsync(string path, CancellationToken cancellationToken)
    {
        for (var before = ""; ;)
        {
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            var answer = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false) : "";
            if (answer == before && !string.IsNullOrWhiteSpace(answer))
            {
                return answer;
            }

            before = answer;
        }
    }
}
