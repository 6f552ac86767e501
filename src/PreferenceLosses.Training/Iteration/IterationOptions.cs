namespace PreferenceLosses.Training;

/// <summary>How to train in rounds.</summary>
public sealed record IterationOptions
{
    /// <summary>How many rounds; at least 1.</summary>
    /// <value>The default value is 3.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int Rounds
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 3;

    /// <summary>Completions that are drawn for each prompt, of which the best and the worst make a pair; at least 2.</summary>
    /// <value>The default value is 4.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 2.</exception>
    public int CompletionsPerPrompt
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            field = value;
        }
    } = 4;

    /// <summary>How completions are drawn.</summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>
    /// α of accelerated preference optimization: the reference of a round is (1 + α) log π_t − α log π_(t−1); 0 for π_t itself, the policy that the round begins
    /// with. From the second round on.
    /// </summary>
    /// <value>The default value is 0.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number, 0 or greater.</exception>
    public double Momentum
    {
        get;
        init => field = value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The momentum has to be a finite number, 0 or greater.");
    }

    /// <summary>
    /// How each round is trained. Its seed is that of everything; its output directory, if there is one, gets a folder for each round, and
    /// <see cref="TrainingOptions.Resume"/> goes on with the rounds that are there.
    /// </summary>
    public TrainingOptions Training { get; init; } = new();
}

/// <summary>What a policy's own completions are like.</summary>
/// <param name="Reward">The expected reward.</param>
/// <param name="Kl">KL(π ‖ π_0) from the policy that the first round began with, in nats a completion; see <see cref="SampleScores.Kl"/> where completions are not drawn with temperature 1 and top-p 1.</param>
/// <param name="Length">Tokens of a completion: where they grow with the reward, the reward may be exploited by length.</param>
public sealed record PolicyMeasure(Estimate Reward, Estimate Kl, Estimate Length);

/// <summary>What happened in a round.</summary>
/// <param name="Round">The round, from 1.</param>
/// <param name="Start">What the completions were like that the round began with.</param>
/// <param name="Pairs">Pairs that were made.</param>
/// <param name="Ties">Prompts whose completions all had the same reward; they make no pair.</param>
/// <param name="ChosenLength">Mean tokens of chosen completions.</param>
/// <param name="RejectedLength">Mean tokens of rejected completions.</param>
/// <param name="Training">The metrics of the last step of training.</param>
public sealed record RoundReport(
    int Round, PolicyMeasure Start, int Pairs, int Ties, double ChosenLength, double RejectedLength, IReadOnlyDictionary<string, double> Training);

/// <summary>What training in rounds came to.</summary>
/// <param name="Rounds">Every round.</param>
/// <param name="Final">What the completions of the trained policy are like.</param>
public sealed record IterationResult(IReadOnlyList<RoundReport> Rounds, PolicyMeasure Final);
