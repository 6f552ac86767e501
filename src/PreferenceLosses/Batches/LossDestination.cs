using System.Numerics;

namespace PreferenceLosses;

/// <summary>
/// Where results are written: spans of the caller's memory. What is left out is not computed. A gradient is the derivative
/// of the reduced loss (or of Σ upstream · loss) with respect to one column and has that column's length. The spans may not overlap the batch's, which are read again while results are written. If the batch is refused, what is in them is of no use.
/// </summary>
/// <typeparam name="T">The precision of the computation.</typeparam>
public readonly ref struct LossDestination<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Unreduced losses, [rows]; [2·rows] for a 2B loss: first all chosen, then all rejected halves.</summary>
    public Span<T> Losses { get; init; }

    /// <summary>Gradient for <see cref="Columns.PolicyChosen"/>.</summary>
    public Span<T> PolicyChosen { get; init; }

    /// <summary>Gradient for <see cref="Columns.PolicyRejected"/>.</summary>
    public Span<T> PolicyRejected { get; init; }

    /// <summary>Gradient for <see cref="Columns.ReferenceChosen"/>; a trainer that freezes the reference leaves it out.</summary>
    public Span<T> ReferenceChosen { get; init; }

    /// <summary>Gradient for <see cref="Columns.ReferenceRejected"/>.</summary>
    public Span<T> ReferenceRejected { get; init; }

    /// <summary>Gradient for <see cref="Columns.Policy"/>.</summary>
    public Span<T> Policy { get; init; }

    /// <summary>Gradient for <see cref="Columns.Reference"/>.</summary>
    public Span<T> Reference { get; init; }

    /// <summary>Implicit reward of the chosen completion, in nats, not part of the gradient; [rows].</summary>
    public Span<T> ChosenReward { get; init; }

    /// <summary>Implicit reward of the rejected completion; [rows].</summary>
    public Span<T> RejectedReward { get; init; }

    /// <summary>Gradients for differentiable columns that a loss of your own names.</summary>
    public IReadOnlyDictionary<string, Memory<T>>? Other { get; init; }
}
