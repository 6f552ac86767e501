namespace PreferenceLosses.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitStatus
{
    public const int Success = 0;

    /// <summary>Something failed: an unreadable file, a bad batch.</summary>
    public const int Failure = 1;

    /// <summary>What was asked for is not accepted, whatever the data.</summary>
    public const int WrongUsage = 2;

    /// <summary>Ctrl+C or a request to end: what was done so far is kept. 128 and the number of the signal, as shells have it.</summary>
    public const int Interrupted = 130;
}
