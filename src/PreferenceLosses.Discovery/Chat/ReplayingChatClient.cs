using System.Globalization;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Replies what a recording has for the same messages; the same ones asked again get the next reply that was recorded for them. Other messages are refused, with where they
/// differ from what was recorded: a run that goes another way is another run.
/// </summary>
public sealed class ReplayingChatClient : LocalChatClient
{
    private readonly Lock gate = new();
    private readonly string path;
    private readonly List<RecordedExchange> left = [];

    /// <summary>A client that plays.</summary>
    /// <param name="path">The recording. A last line that was cut off is passed over.</param>
    /// <param name="played">How many of the exchanges were played before, by the run that is resumed.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is no exchange.</exception>
    public ReplayingChatClient(string path, int played = 0)
        : base("replay")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(played);
        this.path = path;
        var text = File.ReadAllText(path);
        var lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n');
        for (var i = 0; i < lines.Length - 1; i++)
        {
            left.Add(RecordedExchange.Parse(lines[i], string.Create(CultureInfo.InvariantCulture, $"{path}, line {i + 1},")));
        }

        left.RemoveRange(0, Math.Min(played, left.Count));
    }

    /// <inheritdoc/>
    /// <exception cref="ChatModelException">The recording has no reply to these messages.</exception>
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var asked = RecordedExchange.MessagesOf(messages, options);
        lock (gate)
        {
            var index = left.FindIndex(exchange => exchange.Messages.AsSpan().SequenceEqual(asked.AsSpan()));
            if (index < 0)
            {
                throw new ChatModelException(left.Count == 0
                    ? $"The recording '{path}' is played to its end, and there is one more request."
                    : $"The recording '{path}' has no reply to this conversation: {RecordedMessage.Difference(asked, left[0].Messages)}.");
            }

            var reply = left[index].Reply;
            left.RemoveAt(index);
            return Task.FromResult(reply);
        }
    }
}
