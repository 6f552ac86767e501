using PreferenceLosses.Expressions;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Pairs of completions as hidden states, first all chosen and then all rejected ones, with what else their loss reads.</summary>
/// <param name="Hidden">The hidden states, [2·pairs, T, H].</param>
/// <param name="Head">The weight of the head, [V, H].</param>
/// <param name="Tokens">The tokens, [2·pairs, T].</param>
/// <param name="Mask">Which tokens count, [2·pairs, T]; null for all.</param>
/// <param name="Others">The columns that do not come from the hidden states, [pairs].</param>
/// <param name="Chunk">The most rows whose logits are there at a time.</param>
internal sealed record HiddenPairs(Tensor Hidden, Tensor Head, Tensor Tokens, Tensor? Mask, TensorBatch Others, int Chunk)
{
    public int Count => checked((int)(Hidden.size(0) / 2));

    /// <summary>What is refused before anything is computed.</summary>
    public void Check(IPreferenceLoss loss)
    {
        TokenChecks.Hidden(Hidden, Head, Tokens, Mask);
        if (!loss.Graph.Inputs.Any(input => input.Name is Columns.PolicyChosen or Columns.PolicyRejected))
        {
            throw new ArgumentException(
                $"The loss '{loss.Name}' reads {string.Join(", ", loss.Graph.Inputs.Select(input => input.Name))}; a loss of pairs is needed.", nameof(loss));
        }

        if (Hidden.size(0) % 2 != 0)
        {
            throw new InvalidBatchException(
                $"The tensor 'hidden' is {TensorChecks.Describe(Hidden)}; pairs need two sequences each, first all chosen and then all rejected ones.", "hidden");
        }

        foreach (var column in (string[])[Columns.PolicyChosen, Columns.PolicyRejected, Columns.ChosenLength, Columns.RejectedLength])
        {
            if (Others.TryGet(column, out _))
            {
                throw new InvalidBatchException($"There is a tensor '{column}', which is computed from the hidden states and the mask; leave it out.", column);
            }
        }

        using var scope = NewDisposeScope();
        var nothing = zeros(2L * Count, ScalarType.Float32, Hidden.device);
        _ = PreparedBatch.Of(loss.Graph, With(nothing, nothing, isDetached: true).Batch, SingleRow.PyTorch, leavesRowsOut: false);
    }

    /// <summary>The mask without the pairs of weight 0, which take part in nothing.</summary>
    public Tensor? CountedMask()
    {
        if (!Others.TryGet(Columns.Weight, out var weight))
        {
            return Mask?.alias();
        }

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var isKept = weight.ne(zeros([], weight.dtype)).repeat(2).unsqueeze(1).expand(Tokens.shape);
        return (Mask is null ? isKept.contiguous() : isKept.logical_and(Mask.to_type(ScalarType.Bool))).MoveToOuterDisposeScope();
    }

    /// <summary>The batch of pairs that sums and lengths make, and its tensors that are nobody else's. No gradient flows to the columns of a detached one.</summary>
    public (TensorBatch Batch, Tensor[] Owned) With(Tensor sums, Tensor lengths, bool isDetached)
    {
        var batch = new TensorBatch();
        var owned = new List<Tensor>();
        foreach (var name in Others.Names)
        {
            batch[name] = isDetached ? Own(Others[name].detach()) : Others[name];
        }

        batch[Columns.PolicyChosen] = Own(sums.narrow(0, 0, Count));
        batch[Columns.PolicyRejected] = Own(sums.narrow(0, Count, Count));
        batch[Columns.ChosenLength] = Own(lengths.narrow(0, 0, Count));
        batch[Columns.RejectedLength] = Own(lengths.narrow(0, Count, Count));
        return (batch, [.. owned]);

        Tensor Own(Tensor tensor)
        {
            owned.Add(tensor);
            return tensor;
        }
    }
}
