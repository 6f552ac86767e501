using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Evaluates a loss into the caller's spans: selects the program for what is wanted, and pins where it is written.</summary>
internal static unsafe class LossEvaluation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The most outputs that a selection can have: the reduced loss, two losses, two rewards and the gradients.</summary>
    private const int MaxGradients = 64;

    /// <summary>Evaluates; returns the reduced loss and how many rows took part.</summary>
    public static (double Reduced, int Rows) Run(
        IPreferenceLoss loss, in PreferenceBatch<T> batch, ReadOnlySpan<T> upstream, in LossDestination<T> destination, EvaluationOptions options)
    {
        var compiled = CompiledLoss.Of(loss.Graph);
        var outputs = stackalloc T*[5 + MaxGradients];
        fixed (T* losses = destination.Losses)
        fixed (T* chosenReward = destination.ChosenReward, rejectedReward = destination.RejectedReward)
        fixed (T* policyChosen = destination.PolicyChosen, policyRejected = destination.PolicyRejected)
        fixed (T* referenceChosen = destination.ReferenceChosen, referenceRejected = destination.ReferenceRejected)
        fixed (T* policy = destination.Policy, reference = destination.Reference)
        {
            // In the order of Columns.LogProbabilities.
            var known = stackalloc T*[] { policyChosen, policyRejected, referenceChosen, referenceRejected, policy, reference };
            var count = 1;
            if (losses != null)
            {
                outputs[count++] = losses;
                if (compiled.Graph.Losses.Length == 2)
                {
                    outputs[count++] = losses + (destination.Losses.Length / 2);
                }
            }

            var wantsRewards = chosenReward != null || rejectedReward != null;
            if (wantsRewards)
            {
                outputs[count++] = chosenReward;
                outputs[count++] = rejectedReward;
            }

            var gradients = 0UL;
            System.Buffers.MemoryHandle[]? handles = null;
            for (var i = 0; i < compiled.Graph.Inputs.Length; i++)
            {
                if (Target(compiled.Graph.Inputs[i], known, destination, i, ref handles) is var target && target != null)
                {
                    gradients |= 1UL << i;
                    outputs[count++] = target;
                }
            }

            var isWeighted = !Unsafe.IsNullRef(ref MemoryMarshal.GetReference(upstream)) || batch.Weight.Length > 0;
            var reduced = 0.0;
            var rows = BatchBinding<T>.Run(
                new BatchBinding<T>.Request
                {
                    Loss = compiled,
                    Formulas = compiled.Select(new ResultSelection(losses != null, wantsRewards, gradients, isWeighted)),
                    Parameters = loss.Parameters,
                    Upstream = upstream,
                    Options = options,
                },
                batch,
                outputs,
                &reduced);
            foreach (var handle in handles ?? [])
            {
                handle.Dispose();
            }

            return (reduced, rows);
        }
    }

    /// <summary>Where the gradient for an input is written; null if it is not wanted.</summary>
    private static T* Target(Expr input, T** known, in LossDestination<T> destination, int index, ref System.Buffers.MemoryHandle[]? handles)
    {
        if (input.Value == 0)
        {
            return null;
        }

        for (var i = 0; i < Columns.LogProbabilities.Count; i++)
        {
            if (input.Name == Columns.LogProbabilities[i])
            {
                return known[i];
            }
        }

        if (destination.Other is null || !destination.Other.TryGetValue(input.Name!, out var memory))
        {
            return null;
        }

        handles ??= new System.Buffers.MemoryHandle[MaxGradients];
        handles[index] = memory.Pin();
        return (T*)handles[index].Pointer;
    }
}
