using System.Text;

namespace PreferenceLosses.Cli.Tests.Support;

/// <summary>A file with a text, for the time of a test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string text, Encoding? encoding = null) => File.WriteAllText(Path, text, encoding ?? new UTF8Encoding(false));

    public string Path { get; } = System.IO.Path.GetTempFileName();

    public void Dispose() => File.Delete(Path);
}
