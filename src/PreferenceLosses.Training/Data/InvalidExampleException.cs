namespace PreferenceLosses.Training;

/// <summary>A line of a dataset that is no example. The message says which file and line, what is wrong, and what is accepted.</summary>
public sealed class InvalidExampleException : FormatException
{
    /// <summary>An exception about a line.</summary>
    /// <param name="reason">What is wrong, and what is accepted.</param>
    /// <param name="file">The file, or the name that was given to the stream.</param>
    /// <param name="line">The line in it, from 1.</param>
    /// <param name="cause">What found it; null if the reader itself did.</param>
    public InvalidExampleException(string reason, string file, long line, Exception? cause = null)
        : base($"{file}, line {line}: {reason}", cause)
    {
        File = file;
        Line = line;
    }

    /// <summary>The file, or the name that was given to the stream.</summary>
    public string File { get; }

    /// <summary>The line in it, from 1.</summary>
    public long Line { get; }
}
