namespace PreferenceLosses.Cli;

/// <summary>What ends a command, or spoils one line of a batch: a message, always of one line, and the exit status.</summary>
internal sealed class CommandException : Exception
{
    private CommandException(string message, int exitStatus)
        : base(OneLine(message)) => ExitStatus = exitStatus;

    public int ExitStatus { get; }

    /// <summary>Something failed, or the data are bad.</summary>
    public static CommandException Failure(string message) => new(message, Cli.ExitStatus.Failure);

    /// <summary>What was asked for is not accepted; the message says what is.</summary>
    public static CommandException WrongUsage(string message) => new(message, Cli.ExitStatus.WrongUsage);

    /// <summary>It was interrupted; the message says how to go on.</summary>
    public static CommandException Interrupted(string message) => new(message, Cli.ExitStatus.Interrupted);

    private static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
