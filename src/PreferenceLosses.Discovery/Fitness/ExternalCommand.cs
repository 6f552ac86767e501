using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PreferenceLosses.Discovery;

/// <summary>A command did not do what it is there for.</summary>
internal sealed class ExternalCommandException(string message) : Exception(message)
{
    /// <summary>Whether another try may go well.</summary>
    public bool MayPass { get; init; } = true;
}

/// <summary>One run of a command: input in, the last line of its output out, and nothing of it left when it is over.</summary>
internal static class ExternalCommand
{
    /// <summary>What is kept of the output, in characters: its end.</summary>
    private const int KeptOutput = 1 << 20;

    private const int KeptErrors = 2000;

    /// <summary>How long the end of its streams is awaited after its own: what it left in the background may hold them open for ever.</summary>
    private static readonly TimeSpan Remainder = TimeSpan.FromSeconds(3);

    public static async Task<string> RunAsync(ExternalEvaluatorOptions options, ReadOnlyMemory<byte> input, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var process = Start(options);
        var errors = new Tail(KeptErrors);
        try
        {
            var output = new Tail(KeptOutput);
            var streams = Task.WhenAll(
                WriteAsync(process, input, either.Token),
                output.ReadAsync(process.StandardOutput, either.Token),
                errors.ReadAsync(process.StandardError, either.Token));
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
            if (await Task.WhenAny(streams, Task.Delay(Remainder, either.Token)).ConfigureAwait(false) == streams)
            {
                await streams.ConfigureAwait(false);
            }

            either.Token.ThrowIfCancellationRequested();
            return process.ExitCode != 0 ? throw Failed($"It ended with exit status {process.ExitCode.ToString(CultureInfo.InvariantCulture)}.", errors)
                : output.LastLine is { Length: > 0 } line ? line
                : throw Failed("It ended with exit status 0 and wrote nothing to standard output.", errors);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed($"It was not done after {options.Timeout}, and was ended.", errors);
        }
        finally
        {
            End(process);
        }
    }

    private static Process Start(ExternalEvaluatorOptions options)
    {
        var start = new ProcessStartInfo(options.Program, options.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var hidden in options.HiddenVariables)
        {
            start.Environment.Remove(hidden);
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failed)
        {
            throw new ExternalCommandException($"It cannot be started: {failed.Message}") { MayPass = false };
        }
    }

    private static async Task WriteAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read its input, or not all of it; what it does is judged by its output.
        }
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    private static ExternalCommandException Failed(string what, Tail errors)
    {
        var said = UntrustedText.Line(errors.Text, KeptErrors);
        return new ExternalCommandException(said.Length == 0 ? what : $"{what} Its last errors: {said}");
    }

    /// <summary>The end of a text that comes in parts. It may be looked at while it is read.</summary>
    private sealed class Tail(int length)
    {
        private readonly Lock gate = new();
        private readonly StringBuilder kept = new();

        public string Text
        {
            get
            {
                lock (gate)
                {
                    return kept.ToString(Math.Max(0, kept.Length - length), Math.Min(length, kept.Length));
                }
            }
        }

        public string LastLine
        {
            get
            {
                var text = Text.TrimEnd();
                return text[(text.LastIndexOf('\n') + 1)..];
            }
        }

        public async Task ReadAsync(StreamReader reader, CancellationToken cancellationToken)
        {
            var buffer = new char[4096];
            for (int read; (read = await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                lock (gate)
                {
                    kept.Append(buffer, 0, read);
                    if (kept.Length > 2 * length)
                    {
                        kept.Remove(0, kept.Length - length);
                    }
                }
            }
        }
    }
}
