namespace PreferenceLosses.Training;

/// <summary>A loss that this trainer cannot train with, or not on this data. The message says why.</summary>
public sealed class LossNotTrainableException : Exception
{
    /// <summary>An exception about a loss.</summary>
    /// <param name="loss">Its name.</param>
    /// <param name="reason">Why not; a sentence.</param>
    public LossNotTrainableException(string loss, string reason)
        : base($"The loss '{loss}' cannot be trained with here: {reason}")
    {
        Loss = loss;
        Reason = reason;
    }

    /// <summary>The loss.</summary>
    public string Loss { get; }

    /// <summary>Why not.</summary>
    public string Reason { get; }
}
