namespace PreferenceLosses.Training.Tests.Support;

/// <summary>A folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("preference-losses-");

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    /// <summary>Writes lines, each ended by a line feed, and gives the path.</summary>
    public string Write(string name, params ReadOnlySpan<string> lines)
    {
        var path = PathOf(name);
        File.WriteAllText(path, string.Concat(lines.ToArray().Select(line => line + "\n")));
        return path;
    }

    public void Dispose() => folder.Delete(recursive: true);
}
