namespace PreferenceLosses.Training;

/// <summary>How completions are drawn.</summary>
public sealed record SamplingOptions
{
    /// <summary>The token that ends a completion; drawing stops after it.</summary>
    public required int EndOfText { get; init; }

    /// <summary>The largest number of tokens, the end token included; at least 1.</summary>
    /// <value>The default value is 64.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int MaximumLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 64;

    /// <summary>Probabilities are raised to the power of 1/temperature and normalised again, over the whole vocabulary; 1 draws from the policy itself.</summary>
    /// <value>The default value is 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a number above 0.</exception>
    public double Temperature
    {
        get;
        init => field = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The temperature has to be a finite number above 0.");
    } = 1;

    /// <summary>Nucleus sampling (Holtzman et al. 2020): only the likeliest tokens that together have this probability are drawn; 1 is all of them.</summary>
    /// <value>The default value is 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The share is not above 0 and at most 1.</exception>
    public double TopP
    {
        get;
        init => field = value is > 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The share has to be above 0 and at most 1.");
    } = 1;
}
