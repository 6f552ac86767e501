using System.Numerics;

namespace PreferenceLosses;

/// <summary>What evaluating a loss on a batch gave: unreduced losses, the reduced loss, gradients per column and rewards.</summary>
/// <typeparam name="T">The precision of the computation.</typeparam>
public sealed class LossResult<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T[] losses;
    private readonly double reduced;
    private readonly Dictionary<string, T[]> gradients;

    internal LossResult(T[] losses, double reduced, Reduction reduction, int rows, Dictionary<string, T[]> gradients, RewardMetrics<T>? rewards)
    {
        this.losses = losses;
        this.reduced = reduced;
        this.gradients = gradients;
        Reduction = reduction;
        Rows = rows;
        Rewards = rewards;
    }

    /// <summary>Unreduced losses, [rows]; [2·rows] for a 2B loss: first all chosen, then all rejected halves. 0 for a row of weight 0.</summary>
    public ReadOnlySpan<T> Losses => losses;

    /// <summary>How the losses were reduced.</summary>
    public Reduction Reduction { get; }

    /// <summary>The number of rows that took part: those whose weight is not 0.</summary>
    public int Rows { get; }

    /// <summary>The reduced loss, which the gradients are of.</summary>
    /// <exception cref="InvalidOperationException">It is the mean of no rows.</exception>
    public double Value => Rows > 0 || Reduction == Reduction.Sum
        ? reduced
        : throw new InvalidOperationException("No row took part in the batch, and the mean of nothing is not defined.");

    /// <summary>The columns that there are gradients for.</summary>
    public IReadOnlyCollection<string> GradientColumns => gradients.Keys;

    /// <summary>The implicit rewards; null for a loss that defines none.</summary>
    public RewardMetrics<T>? Rewards { get; }

    /// <summary>The derivative of the reduced loss with respect to one column.</summary>
    /// <param name="column">The column, one of <see cref="Columns"/> or of a loss of your own.</param>
    /// <returns>One value per value of the column; zeros if the loss does not depend on it.</returns>
    /// <exception cref="ArgumentException">The batch had no such column, or it is not one that losses are differentiated by.</exception>
    public ReadOnlySpan<T> Gradient(string column) => gradients.TryGetValue(column, out var gradient)
        ? gradient
        : throw new ArgumentException(
            $"There is no gradient for the column '{column}'; there are gradients for {string.Join(", ", gradients.Keys)}.", nameof(column));
}
