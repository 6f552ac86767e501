namespace PreferenceLosses.Expressions;

/// <summary>How many values a node of a formula has.</summary>
/// <remarks>
/// The order matters: an elementwise operation has the largest shape of its operands, and the smaller ones are
/// broadcast to it.
/// </remarks>
public enum Shape
{
    /// <summary>One value for the whole batch: a parameter, a mean, the number of rows.</summary>
    Scalar,

    /// <summary>One value per row. A row is a pair, an unpaired example, or a prompt with K responses.</summary>
    Row,

    /// <summary>K values per row, some of which may be masked out: the responses to one prompt.</summary>
    Responses,
}

/// <summary>What a reduction, a sort or a scan runs over.</summary>
public enum Axis
{
    /// <summary>Over the rows of the batch; the operand has <see cref="Shape.Row"/>.</summary>
    Batch,

    /// <summary>Over the valid responses of each row; the operand has <see cref="Shape.Responses"/>.</summary>
    Responses,
}
