using System.Text;
using System.Text.Json;
using PreferenceLosses.Cli.Json;

namespace PreferenceLosses.Cli.Training;

/// <summary>The folder of a run: what is where in it, and which run it belongs to. One process has it at a time.</summary>
internal sealed class RunFolder : IDisposable
{
    private const string RunName = "run.json";
    private const string LockName = ".lock";
    private const string DataName = "data";

    private readonly string path;
    private readonly FileStream taken;

    private RunFolder(string path, FileStream taken)
    {
        this.path = path;
        this.taken = taken;
    }

    /// <summary>The folder, as it was given.</summary>
    public string Path => path;

    /// <summary>The words that the policies know.</summary>
    public string Vocabulary => PathOf("vocabulary.txt");

    /// <summary>The folder of the examples as tokens, which are made again each time.</summary>
    public string Data => PathOf(DataName);

    /// <summary>The folder of the run that fits the reference.</summary>
    public string Fitting => PathOf("fitting");

    /// <summary>The weights of the reference, once it is fitted.</summary>
    public string Reference => PathOf("reference.ngram");

    /// <summary>The weights of the trained policy.</summary>
    public string Policy => PathOf("policy.ngram");

    public string Curves => PathOf("curves.svg");

    public string Summary => PathOf("summary.json");

    /// <summary>The files of metrics: one, or one for each round.</summary>
    public string[] Metrics => [.. Directory.EnumerateFiles(path, "metrics.jsonl"), .. Directory.EnumerateDirectories(path, "round-*").Order(StringComparer.Ordinal).Select(round => System.IO.Path.Combine(round, "metrics.jsonl"))];

    /// <summary>Opens a folder that is new, empty, or of the same run.</summary>
    /// <exception cref="CommandException">It is of another run, holds something else, or is in use.</exception>
    public static RunFolder Open(string path, OrderedDictionary<string, string> identity)
    {
        var folder = new RunFolder(path, Take(path));
        try
        {
            folder.RefuseOther(identity);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose() => taken.Dispose();

    private static FileStream Take(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failure($"The folder '{path}' cannot be made: {failed.Message}");
        }

        try
        {
            return new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failure($"The folder '{path}' cannot be written, or another process trains there: {failed.Message}");
        }
    }

    /// <summary>Makes the folder that of a run, once it is known that the run can begin: what was refused before may be tried again with other options.</summary>
    public void Claim(OrderedDictionary<string, string> identity)
    {
        if (!File.Exists(PathOf(RunName)))
        {
            AtomicFile.Write(PathOf(RunName), file => file.Write(Encoding.UTF8.GetBytes(JsonText.Indented(writer =>
            {
                writer.WriteStartObject();
                foreach (var (name, value) in identity)
                {
                    writer.WriteString(name, value);
                }

                writer.WriteEndObject();
            }))));
        }
    }

    private void RefuseOther(OrderedDictionary<string, string> identity)
    {
        var run = PathOf(RunName);
        if (!File.Exists(run))
        {
            string?[] unclaimed = [LockName, DataName, RunName + AtomicFile.Unfinished];
            if (Directory.EnumerateFileSystemEntries(path).Select(System.IO.Path.GetFileName).Except(unclaimed).Any())
            {
                throw CommandException.Failure($"The folder '{path}' is not empty, and what it holds is no run of this command. Take another folder.");
            }

            return;
        }

        using var json = JsonText.Parse(InputFile.Read(run, TextReader.Null), $"The file '{run}'");
        var saved = JsonText.Properties(json.RootElement, $"The file '{run}'").ToDictionary(entry => entry.Key, entry => Text(entry.Value));
        string[] differences =
        [
            .. identity.Keys.Union(saved.Keys)
                .Where(name => identity.GetValueOrDefault(name) != saved.GetValueOrDefault(name))
                .Select(name => $"{name} was {saved.GetValueOrDefault(name, "unknown")} and is {identity.GetValueOrDefault(name, "unknown")}"),
        ];
        if (differences.Length > 0)
        {
            throw CommandException.Failure(
                $"The folder '{path}' is of another run: {string.Join("; ", differences)}. Take another folder, or delete this one.");
        }
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private string PathOf(string name) => System.IO.Path.Combine(path, name);
}
