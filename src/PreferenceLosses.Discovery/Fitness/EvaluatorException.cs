namespace PreferenceLosses.Discovery;

/// <summary>An evaluator could not find out how good an objective is, through no fault of the objective: a command that is not there, a cluster that does not answer.</summary>
public sealed class EvaluatorException : Exception
{
    /// <summary>An exception with a general message.</summary>
    public EvaluatorException()
        : base("The objective could not be evaluated.")
    {
    }

    /// <summary>An exception.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    public EvaluatorException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its cause.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public EvaluatorException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
