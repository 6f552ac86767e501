using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>What is refused of a destination; and zeros for gradients that the loss does not have.</summary>
internal static class DestinationChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static void Check(LossGraph graph, in PreferenceBatch<T> batch, in LossDestination<T> destination)
    {
        var rows = BatchChecks<T>.Rows(CompiledLoss.Of(graph), batch);
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

        CheckGradient(graph, Columns.PolicyChosen, batch.PolicyChosen, destination.PolicyChosen);
        CheckGradient(graph, Columns.PolicyRejected, batch.PolicyRejected, destination.PolicyRejected);
        CheckGradient(graph, Columns.ReferenceChosen, batch.ReferenceChosen, destination.ReferenceChosen);
        CheckGradient(graph, Columns.ReferenceRejected, batch.ReferenceRejected, destination.ReferenceRejected);
        CheckGradient(graph, Columns.Policy, batch.Policy, destination.Policy);
        CheckGradient(graph, Columns.Reference, batch.Reference, destination.Reference);
        if (destination.Other is not null)
        {
            foreach (var (name, memory) in destination.Other)
            {
                if (!graph.Inputs.Any(i => i.Name == name && i.Value != 0))
                {
                    throw new ArgumentException($"The loss is not differentiated by a column '{name}'.", nameof(destination));
                }

                CheckLength(name, memory.Span, batch.Other?[name].Length ?? 0);
            }
        }
    }

    private static void CheckGradient(LossGraph graph, string column, ReadOnlySpan<T> values, Span<T> gradient)
    {
        CheckLength(column, gradient, values.Length);
        foreach (var input in graph.Inputs)
        {
            if (input.Name == column)
            {
                return;
            }
        }

        gradient.Clear();
    }

    private static void CheckLength(string name, ReadOnlySpan<T> destination, int expected)
    {
        if (destination.Length != 0 && destination.Length != expected)
        {
            throw new ArgumentException($"The destination for {name} has {destination.Length} values; {expected} are written.", nameof(destination));
        }
    }
}
