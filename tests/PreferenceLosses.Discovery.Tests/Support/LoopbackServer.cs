using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PreferenceLosses.Discovery.Tests.Support;

/// <summary>A server on this machine that answers each connection with the next text of a list, whatever they are, and closes it; behind the list's end it says nothing and keeps the connection.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly Queue<string> answers;
    private readonly TaskCompletionSource silence = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task serving;

    public LoopbackServer(params string[] answers)
    {
        this.answers = new Queue<string>(answers);
        listener.Start();
        serving = ServeAsync();
    }

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1/"));

    /// <summary>The requests as they came: line, headers, body.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Done when a request came that is not answered.</summary>
    public Task Silence => silence.Task;

    public static string Reply(string text) => Json("200 OK", $$$"""
        {"id": "r1", "model": "m-2026", "choices": [{"index": 0, "message": {"role": "assistant", "content": {{{System.Text.Json.JsonSerializer.Serialize(text)}}}}, "finish_reason": "stop"}],
         "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}}
        """);

    public static string Json(string status, string body, string headers = "") => string.Create(
        CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");

    public void Dispose()
    {
        end.Cancel();
        listener.Stop();
        serving.Wait(TimeSpan.FromSeconds(10));
        end.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (!end.IsCancellationRequested)
            {
                using var client = await listener.AcceptTcpClientAsync(end.Token);
                var stream = client.GetStream();
                Requests.Add(await RequestAsync(stream));
                if (!answers.TryDequeue(out var answer))
                {
                    silence.TrySetResult();
                    await Task.Delay(Timeout.Infinite, end.Token);
                    return;
                }

                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), end.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The test is over, or the client has gone.
        }
    }

    private async Task<string> RequestAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. bytes]);
            var body = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (body >= 0 && bytes.Count >= body + 4 + ContentLength(text[..body]))
            {
                return text;
            }

            var read = await stream.ReadAsync(buffer, end.Token);
            if (read == 0)
            {
                return text;
            }

            bytes.AddRange(buffer.AsSpan(0, read));
        }
    }

    private static int ContentLength(string headers) => headers.Split("\r\n")
        .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
        .Select(line => int.Parse(line.AsSpan("Content-Length:".Length), CultureInfo.InvariantCulture)).FirstOrDefault();
}
