using System.Runtime.InteropServices;

namespace PreferenceLosses.Training;

/// <summary>Brings the names in a directory to the disk: without it, a file that was renamed may have its old name after a power failure.</summary>
internal static partial class DirectoryFlush
{
    /// <summary>Flushes a directory. Windows has no such call, and writes names with the files.</summary>
    /// <exception cref="IOException">The operating system refuses.</exception>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int readOnly = 0;
        var descriptor = Open(directory, readOnly);
        if (descriptor < 0)
        {
            throw Failure(directory);
        }

        try
        {
            if (Sync(descriptor) != 0)
            {
                throw Failure(directory);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string directory) =>
        new($"The directory '{directory}' cannot be flushed: {Marshal.GetLastPInvokeErrorMessage()}.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
