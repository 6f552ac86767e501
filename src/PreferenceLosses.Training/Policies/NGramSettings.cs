namespace PreferenceLosses.Training;

/// <summary>The size of an <see cref="NGramPolicy"/>.</summary>
public sealed record NGramSettings
{
    /// <summary>The number of tokens; at least 2. Tokens that stand near each other share a class, so number them by falling frequency.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 2.</exception>
    public required int VocabularySize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            field = value;
        }
    }

    /// <summary>The longest n-grams: a token depends on the Order − 1 tokens before it; from 1 to 5.</summary>
    /// <value>The default value is 3: trigrams.</value>
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
    } = 3;

    /// <summary>
    /// The number of weight rows that contexts are hashed to, a power of two; contexts that meet in one row share it. A row has about √V weights.
    /// </summary>
    /// <value>The default value is 65,536.</value>
    /// <exception cref="ArgumentOutOfRangeException">The number is no power of two from 1 to 2²⁴.</exception>
    public int Buckets
    {
        get;
        init => field = value is >= 1 and <= 1 << 24 && int.IsPow2(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The number of buckets has to be a power of two from 1 to 2²⁴.");
    } = 1 << 16;
}
