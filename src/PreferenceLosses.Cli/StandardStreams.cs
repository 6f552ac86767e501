using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PreferenceLosses.Cli;

/// <summary>The standard streams as text in UTF-8 without a byte order mark, lines ending with a line feed on every platform.</summary>
internal static class StandardStreams
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static TextReader OpenInput() => new StreamReader(Console.OpenStandardInput(), Utf8);

    public static TextWriter OpenOutput() => Writer(OpenPipe() ?? Console.OpenStandardOutput());

    public static TextWriter OpenError() => Writer(Console.OpenStandardError());

    private static StreamWriter Writer(Stream stream) => new(stream, Utf8) { NewLine = "\n" };

    /// <summary>
    /// Standard output where it is a pipe, else null. The console's own stream ignores that nobody reads a pipe any more, and a
    /// batch would go on for ever in front of <c>head</c>; a file stream throws. A seekable file is left to the console's stream,
    /// which writes where the shell's redirection stands.
    /// </summary>
    private static FileStream? OpenPipe()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return null;
        }

        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? null : stream;
    }
}
