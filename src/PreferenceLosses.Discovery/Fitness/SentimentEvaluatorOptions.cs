using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>The choices of a <see cref="SentimentEvaluator"/>.</summary>
public sealed record SentimentEvaluatorOptions
{
    /// <summary>The values of β that a loss is trained with, ascending and above 0. The curves are those of the one in the middle.</summary>
    /// <value>The default value is 0.01, 0.05, 0.1, 0.5, 2.</value>
    /// <exception cref="ArgumentException">There are none, or they do not ascend from above 0.</exception>
    public ImmutableArray<double> Betas
    {
        get;
        init => field = value is [> 0, ..] && double.IsFinite(value[^1]) && value.Zip(value.Skip(1)).All(pair => pair.First < pair.Second)
            ? value
            : throw new ArgumentException("The values of β have to ascend, and there has to be at least one, above 0.", nameof(Betas));
    } = [0.01, 0.05, 0.1, 0.5, 2];

    /// <summary>KL up to which the frontier counts, in nats a completion; above 0.</summary>
    /// <value>The default value is 8.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is not finite or not above 0.</exception>
    public double MaximumKl
    {
        get;
        init => field = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaximumKl), value, "The limit of KL has to be a finite number above 0.");
    } = 8;

    /// <summary>How many completions of each prompt a trained policy is measured by; at least 1. More make scores less noisy.</summary>
    /// <value>The default value is 4.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int CompletionsPerPrompt
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 4;

    /// <summary>Trainings at once; 0 means one per core. Scores do not depend on it.</summary>
    /// <value>The default value is 0.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int MaxThreads
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }
}
