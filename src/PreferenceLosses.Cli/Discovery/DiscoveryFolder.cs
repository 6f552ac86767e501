using PreferenceLosses.Discovery;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>The folder of a discovery: what is where in it. Names of files are ours; no name of an objective is ever one.</summary>
/// <param name="Path">The folder, as it was given.</param>
internal sealed record DiscoveryFolder(string Path)
{
    public string Settings => System.IO.Path.Combine(Path, "settings.json");

    public string Archive => System.IO.Path.Combine(Path, "archive.jsonl");

    public string Recording => System.IO.Path.Combine(Path, "chat.jsonl");

    public string Questions => System.IO.Path.Combine(Path, "chat");

    public string Report => System.IO.Path.Combine(Path, "report.html");

    /// <summary>The events so far; a run may be writing more.</summary>
    public IReadOnlyList<DiscoveryEvent> ReadEvents() => Guarded(() => RunArchive.ReadEvents(Archive));

    /// <summary>What is known so far.</summary>
    public RunState ReadState() => Guarded(() => RunArchive.Read(Archive));

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return InputFile.Guard(Archive, read);
        }
        catch (InvalidDataException damaged)
        {
            throw CommandException.Failure(damaged.Message);
        }
    }
}
