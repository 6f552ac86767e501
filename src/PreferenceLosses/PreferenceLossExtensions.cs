using System.Numerics;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses;

/// <summary>What every loss can do, derived from its formula.</summary>
public static class PreferenceLossExtensions
{
    /// <summary>Evaluates a loss and everything that can be had of it, in memory of its own. The convenient way.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="batch">The batch; every column that the loss reads has to be there.</param>
    /// <param name="options">The reduction, and more.</param>
    /// <typeparam name="T">The precision of the computation.</typeparam>
    /// <returns>
    /// Losses, rewards, and a gradient for every column of log-probabilities in the batch and every other column that the
    /// loss is differentiated by.
    /// </returns>
    /// <exception cref="InvalidBatchException">A column is missing, too long or short, or not finite; or there are too few rows.</exception>
    public static LossResult<T> Evaluate<T>(this IPreferenceLoss loss, in PreferenceBatch<T> batch, EvaluationOptions options = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(loss);
        var compiled = CompiledLoss.Of(loss.Graph);
        var rows = BatchChecks<T>.Rows(compiled, batch);

        var gradients = new Dictionary<string, T[]>();
        Allocate(Columns.PolicyChosen, batch.PolicyChosen, gradients);
        Allocate(Columns.PolicyRejected, batch.PolicyRejected, gradients);
        Allocate(Columns.ReferenceChosen, batch.ReferenceChosen, gradients);
        Allocate(Columns.ReferenceRejected, batch.ReferenceRejected, gradients);
        Allocate(Columns.Policy, batch.Policy, gradients);
        Allocate(Columns.Reference, batch.Reference, gradients);
        var other = new Dictionary<string, Memory<T>>();
        foreach (var input in compiled.Graph.Inputs.Where(i => i.IsDifferentiable && !gradients.ContainsKey(i.Name!)))
        {
            other[input.Name!] = gradients[input.Name!] = new T[BatchChecks<T>.Length(batch, input.Name!)];
        }

        var losses = new T[rows * loss.Graph.Losses.Length];
        var hasRewards = loss.Graph.Rewards is not null;
        var chosen = new T[hasRewards ? rows : 0];
        var rejected = new T[hasRewards ? rows : 0];
        var (reduced, count) = LossEvaluation<T>.Run(
            loss,
            batch,
            default,
            new LossDestination<T>
            {
                Losses = losses,
                ChosenReward = chosen,
                RejectedReward = rejected,
                PolicyChosen = gradients.GetValueOrDefault(Columns.PolicyChosen),
                PolicyRejected = gradients.GetValueOrDefault(Columns.PolicyRejected),
                ReferenceChosen = gradients.GetValueOrDefault(Columns.ReferenceChosen),
                ReferenceRejected = gradients.GetValueOrDefault(Columns.ReferenceRejected),
                Policy = gradients.GetValueOrDefault(Columns.Policy),
                Reference = gradients.GetValueOrDefault(Columns.Reference),
                Other = other,
            },
            options);
        var rewards = hasRewards ? new RewardMetrics<T>(chosen, rejected, batch.Weight) : null;
        return new LossResult<T>(losses, reduced, options.Reduction, count, gradients, rewards);
    }

    /// <summary>
    /// Evaluates a loss into memory of the caller's. Allocates nothing once warm, on one thread, unless the loss has columns of
    /// its own (<see cref="PreferenceBatch{T}.Other"/>).
    /// </summary>
    /// <param name="loss">The loss.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="destination">Where to write; what is left out is not computed.</param>
    /// <param name="options">The reduction, and more.</param>
    /// <typeparam name="T">The precision of the computation.</typeparam>
    /// <returns>The reduced loss.</returns>
    /// <exception cref="InvalidBatchException">
    /// A column is missing, too long or short, or not finite; or there are too few rows, none for the mean.
    /// </exception>
    /// <exception cref="ArgumentException">A destination has the wrong length, or is for a column that the batch does not have.</exception>
    public static double Evaluate<T>(
        this IPreferenceLoss loss, in PreferenceBatch<T> batch, in LossDestination<T> destination, EvaluationOptions options = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(loss);
        var (reduced, rows) = LossEvaluation<T>.Run(loss, batch, default, destination, options);
        return rows > 0 || options.Reduction == Reduction.Sum
            ? reduced
            : throw new InvalidBatchException("No row takes part, and the mean of nothing is not defined; the sum is 0.");
    }

    /// <summary>
    /// The vector–Jacobian product: gradients of Σ upstream · loss, for a trainer that has weights per row of its own (a
    /// backward pass). The weights may be any finite numbers, and a 0 among them excludes nothing.
    /// </summary>
    /// <param name="loss">The loss.</param>
    /// <param name="batch">The batch, without weights.</param>
    /// <param name="upstream">The derivative of the final objective with respect to each unreduced loss; [rows], or [2·rows] for a 2B loss.</param>
    /// <param name="destination">Where to write.</param>
    /// <param name="options">Choices; the reduction is not looked at.</param>
    /// <typeparam name="T">The precision of the computation.</typeparam>
    /// <returns>Σ upstream · loss.</returns>
    /// <exception cref="InvalidBatchException">As for <c>Evaluate</c>; or the batch has weights.</exception>
    /// <exception cref="ArgumentException">The upstream or a destination has the wrong length.</exception>
    public static double VectorJacobianProduct<T>(
        this IPreferenceLoss loss, in PreferenceBatch<T> batch, ReadOnlySpan<T> upstream, in LossDestination<T> destination, EvaluationOptions options = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (batch.Weight.Length > 0)
        {
            throw new InvalidBatchException("The upstream weights take the place of the column 'weight'; leave that out.", Columns.Weight);
        }

        // An empty array, unlike no span, is a given upstream of no weights: its length is checked.
        var given = upstream.IsEmpty ? Array.Empty<T>() : upstream;
        return LossEvaluation<T>.Run(loss, batch, given, destination, options).Reduced;
    }

    /// <summary>
    /// Every named value of the loss at one row, with its adjoint. Unlike an evaluation it accepts columns that are not finite:
    /// it is what one looks at when something was.
    /// </summary>
    /// <param name="loss">The loss.</param>
    /// <param name="batch">The batch: statistics over it are part of what is traced.</param>
    /// <param name="row">The row.</param>
    /// <param name="options">The reduction, whose derivatives the adjoints are.</param>
    /// <typeparam name="T">The precision of the computation.</typeparam>
    /// <exception cref="InvalidBatchException">A column is missing, or too long or short; or there are too few rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ArgumentException">The row has a weight of 0.</exception>
    public static LossTrace Trace<T>(this IPreferenceLoss loss, in PreferenceBatch<T> batch, int row, EvaluationOptions options = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(loss);
        return Tracing<T>.Run(loss, batch, row, options);
    }

    private static void Allocate<T>(string column, ReadOnlySpan<T> values, Dictionary<string, T[]> gradients)
    {
        if (values.IsGiven)
        {
            gradients[column] = new T[values.Length];
        }
    }
}
