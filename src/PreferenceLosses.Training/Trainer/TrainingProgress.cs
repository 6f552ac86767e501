namespace PreferenceLosses.Training;

/// <summary>How far a run is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps in all.</param>
/// <param name="Metrics">The metrics of this step by their <see cref="MetricNames"/>, those of an evaluation among them where one was made.</param>
/// <param name="Elapsed">Time since this process began the run, or went on with it.</param>
/// <param name="Remaining">What is left at the speed so far.</param>
public sealed record TrainingProgress(
    long Step, long TotalSteps, IReadOnlyDictionary<string, double> Metrics, TimeSpan Elapsed, TimeSpan Remaining);

/// <summary>What a run came to.</summary>
/// <param name="Steps">Steps in all.</param>
/// <param name="ResumedFrom">The step that it went on from; 0 if it began anew.</param>
/// <param name="Metrics">The metrics of the last step, and of the last evaluation.</param>
public sealed record TrainingResult(long Steps, long ResumedFrom, IReadOnlyDictionary<string, double> Metrics);
