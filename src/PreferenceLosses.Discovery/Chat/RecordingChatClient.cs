using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>Writes every request with its reply to a file, a line of JSON for each, so that <see cref="ReplayingChatClient"/> can play it again. Failures are not recorded.</summary>
public sealed class RecordingChatClient : WholeReplyChatClient
{
    private readonly Lock gate = new();
    private readonly FileStream file;

    /// <summary>A client that records.</summary>
    /// <param name="innerClient">The client that is asked.</param>
    /// <param name="path">The file; what is in it stays, but for a last line that was cut off.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process writes to it.</exception>
    public RecordingChatClient(IChatClient innerClient, string path)
        : base(innerClient)
    {
        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        file.SetLength(WholeLines(file));
        file.Seek(0, SeekOrigin.End);
    }

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<ChatMessage> conversation = [.. messages];
        var response = await base.GetResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false);
        var line = new RecordedExchange(RecordedExchange.MessagesOf(conversation, options), response).ToLine(options);
        lock (gate)
        {
            file.Write(line);
            file.Flush(flushToDisk: true);
        }

        return response;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>How long the file is without a last line that has no end.</summary>
    private static long WholeLines(FileStream file)
    {
        for (var end = file.Length; end > 0; end--)
        {
            file.Position = end - 1;
            if (file.ReadByte() == '\n')
            {
                return end;
            }
        }

        return 0;
    }
}
