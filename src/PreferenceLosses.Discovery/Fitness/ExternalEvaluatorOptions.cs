using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>A command that scores objectives, and how it is run.</summary>
/// <param name="Program">The program, by its path or found as the system finds programs. No shell is between.</param>
/// <param name="Arguments">Its arguments, as they are. Nothing of an objective is ever added to them.</param>
public sealed record ExternalEvaluatorOptions(string Program, ImmutableArray<string> Arguments)
{
    /// <summary>What the score is, in a sentence for the language model.</summary>
    public string Description { get; init; } = "a score; higher is better";

    /// <summary>The version of what the command measures, in words of your own. Scores of different versions are never compared: change it when the command's result changes.</summary>
    public string Version { get; init; } = "1";

    /// <summary>How long one try may take; a day if not set. Then the command is ended, with everything that it started and that is still its descendant.</summary>
    public TimeSpan Timeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    }

    = TimeSpan.FromDays(1);

    /// <summary>How often the command is tried for one score, 1 at least; 3 if not set.</summary>
    public int MaxAttempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    = 3;

    /// <summary>The wait before another try, which doubles, up to an hour; 10 s if not set.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many commands run at once, 1 at least; 1 if not set.</summary>
    public int Concurrency
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    = 1;

    /// <summary>Environment variables that the command is not given: the one with the key of the chat model.</summary>
    public ImmutableArray<string> HiddenVariables { get; init; } = [];
}
