namespace PreferenceLosses.Cli.Training;

/// <summary>Files that are whole or not there: written beside their place, brought to the disk, and renamed.</summary>
internal static class AtomicFile
{
    /// <summary>What the name ends in while a file is written.</summary>
    public const string Unfinished = ".unfinished";

    public static void Write(string path, Action<Stream> write)
    {
        using (var file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write))
        {
            write(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + Unfinished, path, overwrite: true);
    }
}
