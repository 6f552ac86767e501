using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>What is refused of a destination; and zeros for gradients that the loss does not have.</summary>
internal static class DestinationChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static void Check(CompiledLoss loss, in PreferenceBatch<T> batch, in LossDestination<T> destination, int rows)
    {
        var graph = loss.Graph;
        CheckLength(nameof(destination.Losses), destination.Losses, rows * graph.Losses.Length);
        CheckLength(nameof(destination.ChosenReward), destination.ChosenReward, rows);
        CheckLength(nameof(destination.RejectedReward), destination.RejectedReward, rows);
        if (destination.ChosenReward.Length != destination.RejectedReward.Length)
        {
            throw new ArgumentException("The rewards of chosen and rejected are computed together: give both destinations or neither.", nameof(destination));
        }

        if (destination.ChosenReward.Length > 0 && graph.Rewards is null)
        {
            throw new ArgumentException("The loss defines no implicit rewards; leave their destinations out.", nameof(destination));
        }

        CheckGradient(loss, 0, batch.PolicyChosen, destination.PolicyChosen);
        CheckGradient(loss, 1, batch.PolicyRejected, destination.PolicyRejected);
        CheckGradient(loss, 2, batch.ReferenceChosen, destination.ReferenceChosen);
        CheckGradient(loss, 3, batch.ReferenceRejected, destination.ReferenceRejected);
        CheckGradient(loss, 4, batch.Policy, destination.Policy);
        CheckGradient(loss, 5, batch.Reference, destination.Reference);
        if (destination.Other is not null)
        {
            foreach (var (name, memory) in destination.Other)
            {
                if (!graph.Inputs.Any(i => i.Name == name && i.IsDifferentiable))
                {
                    throw new ArgumentException($"The loss is not differentiated by a column '{name}'.", nameof(destination));
                }

                CheckLength(name, memory.Span, BatchChecks<T>.Length(batch, name));
            }
        }
    }

    private static void CheckGradient(CompiledLoss loss, int known, ReadOnlySpan<T> values, Span<T> gradient)
    {
        CheckLength(Columns.Known[known], gradient, values.Length);
        if (loss.KnownInputs[known] < 0)
        {
            gradient.Clear();
        }
    }

    private static void CheckLength(string name, ReadOnlySpan<T> destination, int expected)
    {
        if (destination.Length != 0 && destination.Length != expected)
        {
            throw new ArgumentException($"The destination for {name} has {destination.Length} values; {expected} are written.", nameof(destination));
        }
    }
}
