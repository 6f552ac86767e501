using System.Buffers;
using System.Numerics;

namespace PreferenceLosses.Execution;

/// <summary>Evaluates a loss into the caller's spans: selects the program for what is wanted, and pins where it is written.</summary>
internal static unsafe class LossEvaluation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The outputs that are no gradients: the reduced loss, two losses and two rewards.</summary>
    private const int OutputsBeforeGradients = 5;

    /// <summary>Evaluates; returns the reduced loss and how many rows took part.</summary>
    public static (double Reduced, int Rows) Run(
        IPreferenceLoss loss, in PreferenceBatch<T> batch, ReadOnlySpan<T> upstream, in LossDestination<T> destination, EvaluationOptions options)
    {
        var compiled = CompiledLoss.Of(loss.Graph);
        var rows = BatchChecks<T>.Rows(compiled, batch);
        DestinationChecks<T>.Check(compiled, batch, destination, rows);
        if (upstream.IsGiven)
        {
            BatchChecks<T>.Upstream(upstream, rows * compiled.Graph.Losses.Length);
        }

        var outputs = stackalloc T*[OutputsBeforeGradients + compiled.Graph.Inputs.Length];
        fixed (T* losses = destination.Losses)
        fixed (T* chosenReward = destination.ChosenReward, rejectedReward = destination.RejectedReward)
        fixed (T* policyChosen = destination.PolicyChosen, policyRejected = destination.PolicyRejected)
        fixed (T* referenceChosen = destination.ReferenceChosen, referenceRejected = destination.ReferenceRejected)
        fixed (T* policy = destination.Policy, reference = destination.Reference)
        {
            // In the order of Columns.LogProbabilities, which are the first of the known columns.
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

            // The gradients follow in the order of the graph's inputs.
            var targets = stackalloc T*[compiled.Graph.Inputs.Length];
            new Span<nint>(targets, compiled.Graph.Inputs.Length).Clear();
            for (var i = 0; i < Columns.LogProbabilities.Count; i++)
            {
                if (compiled.KnownInputs[i] >= 0)
                {
                    targets[compiled.KnownInputs[i]] = known[i];
                }
            }

            var handles = PinOther(compiled, destination, targets);
            try
            {
                var gradients = 0UL;
                for (var i = 0; i < compiled.Graph.Inputs.Length; i++)
                {
                    if (targets[i] != null)
                    {
                        gradients |= 1UL << i;
                        outputs[count++] = targets[i];
                    }
                }

                var isWeighted = upstream.IsGiven || batch.Weight.Length > 0;
                var reduced = 0.0;
                var participating = BatchBinding<T>.Run(
                    new BatchBinding<T>.Request
                    {
                        Loss = compiled,
                        Formulas = compiled.Select(new ResultSelection(losses != null, wantsRewards, gradients, isWeighted)),
                        Rows = rows,
                        Parameters = loss.Parameters,
                        Upstream = upstream,
                        Options = options,
                    },
                    batch,
                    outputs,
                    &reduced);
                return (reduced, participating);
            }
            finally
            {
                foreach (var handle in handles)
                {
                    handle.Dispose();
                }
            }
        }
    }

    private static MemoryHandle[] PinOther(CompiledLoss compiled, in LossDestination<T> destination, T** targets)
    {
        if (destination.Other is null || destination.Other.Count == 0)
        {
            return [];
        }

        var handles = new MemoryHandle[compiled.Graph.Inputs.Length];
        for (var i = 0; i < handles.Length; i++)
        {
            var input = compiled.Graph.Inputs[i];
            if (input.IsDifferentiable && destination.Other.TryGetValue(input.Name!, out var memory))
            {
                handles[i] = memory.Pin();
                targets[i] = (T*)handles[i].Pointer;
            }
        }

        return handles;
    }
}
