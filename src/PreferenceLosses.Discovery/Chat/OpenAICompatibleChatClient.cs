using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>
/// A chat model behind the protocol of OpenAI's chat completions, which most servers speak. One request, one reply; waiting and trying again is
/// <see cref="RetryingChatClient"/>'s. Redirects are not followed, so that the key goes nowhere else.
/// </summary>
public sealed class OpenAICompatibleChatClient : IChatClient
{
    /// <summary>The longest answer of a server that is read, in bytes: 4 MiB.</summary>
    public const int LongestAnswer = 4 << 20;

    private readonly OpenAICompatibleOptions options;
    private readonly Uri address;
    private readonly string? key;
    private readonly HttpClient http;
    private readonly TimeProvider time;
    private readonly ChatClientMetadata metadata;

    /// <summary>A client. The key is read from the environment now.</summary>
    /// <param name="options">Where the model is.</param>
    /// <param name="time">What time-outs are measured by; the system's clock if null.</param>
    /// <exception cref="ArgumentException">The address is none of HTTP, the variable is not set, or the key would go over the network in clear.</exception>
    public OpenAICompatibleChatClient(OpenAICompatibleOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        this.time = time ?? TimeProvider.System;
        address = Address(options.BaseAddress);
        key = options.KeyVariable is { } variable ? KeyFrom(variable, address) : null;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        metadata = new ChatClientMetadata("openai-compatible", options.BaseAddress, options.Model);
    }

    /// <inheritdoc/>
    /// <exception cref="ChatModelException">There is no reply; the exception says why, and whether trying again may help.</exception>
    /// <exception cref="NotSupportedException">The request has something that is not passed on: tools, top-k, contents that are neither text nor image.</exception>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new ByteArrayContent(CompletionRequest.Write(messages, options, this.options)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        using var timeout = new CancellationTokenSource(this.options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            var answer = await ReadAsync(response.Content, either.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? CompletionAnswer.Read(answer, WithoutKey) : throw Refused(response, answer);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Transient($"'{address}' did not reply within {this.options.Timeout}.", mayHaveCost: true);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException)
        {
            throw Transient(
                $"'{address}' cannot be reached, or ended the connection: {WithoutKey(failed.Message)}",
                mayHaveCost: failed is not HttpRequestException { HttpRequestError: var error } || !WasNotSent(error));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null : serviceType == typeof(ChatClientMetadata) ? metadata : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <summary>Whether there was no connection by which the request could have been sent.</summary>
    internal static bool WasNotSent(HttpRequestError error) =>
        error is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;

    private static Uri Address(Uri baseAddress) =>
        baseAddress is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "", Query: "" }
            ? new Uri(baseAddress.AbsoluteUri.TrimEnd('/') + "/chat/completions")
            : throw new ArgumentException("The address of the chat model has to be absolute, with http or https, and without a name, a password or a query.", nameof(baseAddress));

    private static string KeyFrom(string variable, Uri address)
    {
        if (address.Scheme != Uri.UriSchemeHttps && !address.IsLoopback)
        {
            throw new ArgumentException($"A key is sent by https, or to this machine; the address begins with {address.Scheme}://{address.Host}.", nameof(address));
        }

        var key = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrWhiteSpace(key) || key.AsSpan().Trim().ContainsAnyExceptInRange('!', '~')
            ? throw new ArgumentException($"The environment variable '{variable}' has no key: it is not set, or holds something that cannot be sent in a header.", nameof(variable))
            : key.Trim();
    }

    /// <summary>The body, up to a length above which it is no reply to a prompt.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var answer = new MemoryStream();
        var buffer = new byte[16 << 10];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            answer.Write(buffer, 0, read);
            if (answer.Length > LongestAnswer)
            {
                throw new ChatModelException(string.Create(CultureInfo.InvariantCulture, $"The chat model's answer has more than {LongestAnswer} bytes; it is not read further.")) { MayHaveCost = true };
            }
        }

        return answer.GetBuffer().AsMemory(0, (int)answer.Length);
    }

    private ChatModelException Refused(HttpResponseMessage response, ReadOnlyMemory<byte> answer)
    {
        var status = (int)response.StatusCode;
        var said = CompletionAnswer.ErrorMessage(answer, WithoutKey);
        var isRedirect = status is >= 300 and < 400;
        var message = string.Create(
            CultureInfo.InvariantCulture, $"'{address}' answered {status} {response.StatusCode}{(isRedirect ? ", a redirect, which is not followed" : "")}{(said.Length > 0 ? $": {said}" : ".")}");
        return new ChatModelException(message)
        {
            IsTransient = status is 408 or 409 or 425 or 429 or >= 500,

            // Something in between gave up, and knows nothing of the model.
            MayHaveCost = status is 408 or 502 or 504,
            RetryAfter = response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
                _ => null,
            },
        };
    }

    private static ChatModelException Transient(string message, bool mayHaveCost) => new(message) { IsTransient = true, MayHaveCost = mayHaveCost };

    /// <summary>A text of the server's without the key, which some servers repeat.</summary>
    private string WithoutKey(string text) => key is null ? text : text.Replace(key, "[key]", StringComparison.Ordinal);
}
