namespace PreferenceLosses.Training;

/// <summary>The sizes of a <see cref="ControlledSentimentTask"/>. The defaults suit about ten thousand sentences.</summary>
public sealed record ControlledSentimentOptions
{
    internal const int DefaultOrder = 3;

    /// <summary>Prompts that pairs are made for; at least 1. If there are fewer sentences, there are fewer prompts.</summary>
    /// <value>The default value is 4,000.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int TrainingPrompts { get; init => field = AtLeastOne(value); } = 4000;

    /// <summary>Prompts that a trained policy is measured on; at least 2. Their sentences take no part in anything else.</summary>
    /// <value>The default value is 512.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 2.</exception>
    public int EvaluationPrompts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            field = value;
        }
    } = 512;

    /// <summary>The words of a sentence that make its prompt; at least 1. Shorter sentences are only fitted.</summary>
    /// <value>The default value is 3.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int PromptLength { get; init => field = AtLeastOne(value); } = 3;

    /// <summary>Completions that the base policy draws of each training prompt; the best and the worst make its pair. At least 2.</summary>
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

    /// <summary>The most tokens of a completion, the end token included; at least 1.</summary>
    /// <value>The default value is 16: about as long as sentences are, so that a sum over words is not raised by writing on and on.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int MaximumLength { get; init => field = AtLeastOne(value); } = 16;

    /// <summary>How often a word has to occur in the fitted sentences to be in the vocabulary; at least 1.</summary>
    /// <value>The default value is 2.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int MinimumCount { get; init => field = AtLeastOne(value); } = 2;

    /// <summary>The longest n-grams of the policies, from 1 to 5: larger policies know longer ones (<see cref="NGramSettings.Order"/>).</summary>
    /// <value>The default value is 3.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is not from 1 to 5.</exception>
    public int Order
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 5);
            field = value;
        }
    } = DefaultOrder;

    /// <summary>How the base policy is fitted to the sentences.</summary>
    /// <value>The default value is <see cref="NGramDefaults.Fitting"/>.</value>
    public TrainingOptions Fitting { get; init; } = NGramDefaults.Fitting;

    /// <summary>How a copy of it is trained on the pairs. The seed is that of each training, and only a loss that is not finite stops one: an exponential loss is large in its tail, and that is no failure of it.</summary>
    /// <value>The default value is <see cref="NGramDefaults.Preference"/> with the rate 0.03 and without a limit to the loss.</value>
    /// <exception cref="ArgumentException">There is an output directory: the trainings of a sweep would share it.</exception>
    public TrainingOptions Training
    {
        get;
        init => field = value is { OutputDirectory: null }
            ? value
            : throw new ArgumentException("Trainings of this task write no checkpoints: leave the output directory out.", nameof(value));
    } = NGramDefaults.Preference with { LearningRate = 0.03, ExplosionFactor = double.PositiveInfinity };

    private static int AtLeastOne(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        return value;
    }
}
