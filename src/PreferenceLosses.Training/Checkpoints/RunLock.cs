namespace PreferenceLosses.Training;

/// <summary>
/// Keeps a directory for one run: two that write to it at once would mix their metrics and delete each other's checkpoints. It is a lock of the operating system on an
/// open file, which ends with the process however that ends; the file itself means nothing.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private const string FileName = "run.lock";
    private readonly FileStream file;

    /// <summary>Makes the directory if it is not there, and locks it.</summary>
    /// <exception cref="IOException">Another run has it, or the file cannot be made.</exception>
    public RunLock(string directory)
    {
        Directory.CreateDirectory(directory);
        try
        {
            file = new FileStream(
                Path.Combine(directory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException busy)
        {
            throw new IOException(
                $"The output directory '{directory}' cannot be locked for this run; is another one writing to it? Wait for its end, or take another directory. {busy.Message}", busy);
        }
    }

    public void Dispose() => file.Dispose();
}
