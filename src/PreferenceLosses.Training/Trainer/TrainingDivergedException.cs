using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>Training was stopped because a number was not finite, or the loss exploded. The last checkpoint is as it was.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(long step, string loss, string what, ImmutableArray<int> examples, string trace)
        : base($"Step {step}, loss '{loss}': {what}. Examples of the batch: {string.Join(", ", examples.Take(16))}{(examples.Length > 16 ? ", …" : "")}.\n{trace}")
    {
        Step = step;
        Loss = loss;
        Examples = examples;
        Trace = trace;
    }

    /// <summary>The step that failed, from 1.</summary>
    public long Step { get; }

    /// <summary>The name of the loss.</summary>
    public string Loss { get; }

    /// <summary>The positions in the dataset of the examples of the batch.</summary>
    public ImmutableArray<int> Examples { get; }

    /// <summary>Every named value of the loss at the row that is to blame, as text; empty where there is none.</summary>
    public string Trace { get; }
}
