namespace PreferenceLosses;

/// <summary>How unreduced losses become one number, which is also what gradients are taken of.</summary>
public enum Reduction
{
    /// <summary>Σ w·ℓ divided by the number of losses whose row has a weight other than 0.</summary>
    Mean,

    /// <summary>Σ w·ℓ.</summary>
    Sum,
}

/// <summary>What happens to one row under a loss whose statistic needs two (an unbiased variance).</summary>
public enum SingleRow
{
    /// <summary>An exception says so.</summary>
    Refuse,

    /// <summary>The result is NaN, as in PyTorch.</summary>
    PyTorch,
}

/// <summary>Choices for one evaluation. The default value is the mean, on as many threads as pay.</summary>
public readonly record struct EvaluationOptions
{
    /// <summary>The reduction. The default is the mean.</summary>
    public Reduction Reduction { get; init; }

    /// <summary>What happens to a single row where two are needed. The default is to refuse it.</summary>
    public SingleRow SingleRow { get; init; }

    /// <summary>
    /// The largest number of threads; 0, the default, means one per core. Threads are used for large batches only, and the
    /// result does not depend on their number.
    /// </summary>
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
