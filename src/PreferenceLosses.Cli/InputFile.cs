namespace PreferenceLosses.Cli;

/// <summary>Files that are named on the command line, where <c>-</c> is standard input.</summary>
internal static class InputFile
{
    /// <summary>The whole text.</summary>
    public static string Read(string path, TextReader standardInput)
    {
        var reader = Open(path, standardInput);
        try
        {
            return Guard(path, reader.ReadToEnd);
        }
        finally
        {
            Close(reader, standardInput);
        }
    }

    /// <summary>The lines, each as soon as it is there.</summary>
    public static IEnumerable<string> Lines(string path, TextReader standardInput)
    {
        var reader = Open(path, standardInput);
        try
        {
            while (Guard(path, reader.ReadLine) is { } line)
            {
                yield return line;
            }
        }
        finally
        {
            Close(reader, standardInput);
        }
    }

    private static TextReader Open(string path, TextReader standardInput) =>
        path == "-" ? standardInput : Guard(path, () => File.OpenText(path));

    private static void Close(TextReader reader, TextReader standardInput)
    {
        if (reader != standardInput)
        {
            reader.Dispose();
        }
    }

    /// <summary>Opens or reads a file, and says which one cannot be read.</summary>
    public static T Guard<T>(string path, Func<T> access)
    {
        try
        {
            return access();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // The last two are for text that is no path at all, such as the empty one.
            var what = path == "-" ? "Standard input" : $"The file '{path}'";
            throw CommandException.Failure($"{what} cannot be read: {LibraryMessage.Of(failed)}");
        }
    }
}
