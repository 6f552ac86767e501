namespace PreferenceLosses;

/// <summary>A batch that a loss cannot be evaluated on. The message says which column and row, and what was expected.</summary>
public sealed class InvalidBatchException : ArgumentException
{
    /// <summary>An exception about a column, and about one row of it where that is known.</summary>
    /// <param name="message">What is wrong, and what is accepted.</param>
    /// <param name="column">The column's name; null if it is not about one column.</param>
    /// <param name="row">The row, from 0; null if it is not about one row.</param>
    public InvalidBatchException(string message, string? column = null, int? row = null)
        : base(message)
    {
        Column = column;
        Row = row;
    }

    /// <summary>The column's name; null if it is not about one column.</summary>
    public string? Column { get; }

    /// <summary>The row, from 0; null if it is not about one row.</summary>
    public int? Row { get; }
}
