using System.Globalization;

namespace PreferenceLosses.Training;

/// <summary>The checkpoints of a run: files named by their step, of which the newest few are kept.</summary>
internal sealed class CheckpointDirectory(string path, int keep)
{
    private const string Prefix = "checkpoint-";
    private const string Suffix = ".plc";

    /// <summary>Files that could not be used. They are not among those that are kept, however new.</summary>
    private readonly HashSet<string> refusedFiles = [];

    /// <summary>The files, newest first.</summary>
    public IReadOnlyList<(long Step, string File)> Files => !Directory.Exists(path) ? [] :
    [
        .. Directory.EnumerateFiles(path, Prefix + "*" + Suffix)
            .Select(file => (Step: StepOf(file), File: file))
            .Where(entry => entry.Step >= 0)
            .OrderByDescending(entry => entry.Step),
    ];

    /// <summary>Writes the checkpoint of a step, and deletes those that are not kept. A file that was refused stays until its step is written again, and does not count.</summary>
    public void Save(long step, IReadOnlyList<(string Name, Action<Stream> Write)> sections)
    {
        Directory.CreateDirectory(path);
        var written = Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D9}{Suffix}"));
        CheckpointFile.Write(written, sections);
        refusedFiles.Remove(written);
        foreach (var (_, file) in Files.Where(entry => !refusedFiles.Contains(entry.File)).Skip(keep))
        {
            File.Delete(file);
        }
    }

    /// <summary>Calls a function with the content of the newest checkpoint, and if it or the file refuses, or the file cannot be read, with those of the one before, and so on.</summary>
    /// <param name="use">Uses the content; throws <see cref="InvalidDataException"/> for what it does not accept.</param>
    /// <param name="refused">Is told of each that was refused.</param>
    /// <returns>The step of the one that was used; 0 if there are no checkpoints.</returns>
    /// <exception cref="CheckpointException">There are checkpoints, and all of them were refused.</exception>
    public long UseNewest(Action<long, CheckpointContent> use, Action<string> refused)
    {
        DeleteUnfinished();
        var reasons = new List<string>();
        foreach (var (step, file) in Files)
        {
            try
            {
                using var content = CheckpointFile.Open(file);
                use(step, content);
                return step;
            }
            catch (Exception wrong) when (wrong is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                refusedFiles.Add(file);
                reasons.Add($"{Path.GetFileName(file)}: {wrong.Message}");
                refused($"A checkpoint is not used. {reasons[^1]}");
            }
        }

        return reasons.Count == 0 ? 0 : throw new CheckpointException(
            $"There is no checkpoint in '{path}' to go on from. {string.Join("; ", reasons)}. Take another directory, or delete them to begin anew.");
    }

    /// <summary>What a process left that was killed while it wrote.</summary>
    private void DeleteUnfinished()
    {
        if (Directory.Exists(path))
        {
            foreach (var file in Directory.EnumerateFiles(path, Prefix + "*" + Suffix + CheckpointFile.TemporarySuffix))
            {
                File.Delete(file);
            }
        }
    }

    private static long StepOf(string file) =>
        long.TryParse(Path.GetFileNameWithoutExtension(file)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1;
}
