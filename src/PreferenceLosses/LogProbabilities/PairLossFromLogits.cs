namespace PreferenceLosses;

/// <summary>
/// A loss of pairs from the policy's logits: losses, rewards, and the gradient of the reduced loss with respect to the logits, in one call.
/// </summary>
/// <remarks>
/// <para>
/// A batch of B pairs is 2·B sequences: first all chosen completions, then all rejected ones in the same order. Their log-probabilities and
/// lengths become the columns <c>policy_chosen</c>, <c>policy_rejected</c>, <c>chosen_length</c> and <c>rejected_length</c>; a loss that reads <c>chosen_weight</c>
/// and <c>rejected_weight</c> (WPO) gets <see cref="SequenceLogProbabilities.PairWeights"/>, unless the batch has them. Everything else, the
/// reference above all, is in the batch that the caller gives. After the forward pass everything per sequence is in double precision.
/// </para>
/// <para>
/// A pair of weight 0 is left out: its logits are not read, whatever they hold, and get gradients of 0. Use one object again and again: a warm call on one thread allocates nothing, if
/// the loss has no columns of its own. An object is not for several threads at once.
/// </para>
/// </remarks>
/// <param name="loss">A loss of pairs.</param>
public sealed class PairLossFromLogits(IPreferenceLoss loss)
{
    private readonly IPreferenceLoss loss = Checked(loss);
    private readonly Dictionary<string, ReadOnlyMemory<double>> other = [];
    private int pairs;

    // Per sequence: first the chosen ones, then the rejected ones.
    private double[] sums = [];
    private double[] tailSums = [];
    private double[] upstream = [];
    private double[] tailUpstream = [];
    private double[] weights = [];
    private int[] publicLengths = [];

    // Per loss (two per pair for a 2B loss) and per pair.
    private double[] losses = [];
    private double[] chosenRewards = [];
    private double[] rejectedRewards = [];

    /// <summary>
    /// LD-DPO's α (Liu et al. 2024, arXiv 2409.06411), from 0 to 1: by how much the tokens count that a completion has beyond the length of the
    /// other one of its pair. 1, the default, is the plain sum, and the paper suggests 0.5. TRL sums the reference in the same way, which is up to the caller
    /// (<see cref="SequenceLogProbabilities.Split"/>).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The share is not from 0 to 1.</exception>
    public double TailShare
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The share has to be from 0 to 1.");
    } = 1;

    /// <summary>Log-probabilities, lengths and more of the sequences: first the chosen ones, then the rejected ones.</summary>
    public SequenceLogProbabilities Policy { get; } = new();

    /// <summary>Unreduced losses, [pairs]; [2·pairs] for a 2B loss: first all chosen, then all rejected halves.</summary>
    public ReadOnlySpan<double> Losses => losses.AsSpan(0, pairs * loss.Graph.Losses.Length);

    /// <summary>Implicit rewards of the chosen completions, in nats; [pairs]; empty for a loss that defines none.</summary>
    public ReadOnlySpan<double> ChosenRewards => chosenRewards.AsSpan(0, loss.Graph.Rewards is null ? 0 : pairs);

    /// <summary>Implicit rewards of the rejected completions, in nats; [pairs]; empty for a loss that defines none.</summary>
    public ReadOnlySpan<double> RejectedRewards => rejectedRewards.AsSpan(0, loss.Graph.Rewards is null ? 0 : pairs);

    /// <summary>Evaluates the loss, without gradients.</summary>
    /// <param name="logits">The policy's logits.</param>
    /// <param name="sequences">Labels, masks, and where the 2·B sequences start.</param>
    /// <param name="batch">The other columns that the loss reads, one value per pair.</param>
    /// <param name="options">The reduction, and more.</param>
    /// <returns>The reduced loss.</returns>
    /// <exception cref="InvalidBatchException">Something does not fit or is not finite, or a sequence of a pair that takes part has no row that counts.</exception>
    public double Evaluate(in Logits logits, in TokenSequences sequences, in PreferenceBatch<double> batch, EvaluationOptions options = default)
    {
        var count = Forward(logits, sequences, batch, options);
        return Loss(count, batch, default, options);
    }

    /// <summary>Evaluates the loss, and writes the gradient of the reduced loss with respect to the logits.</summary>
    /// <param name="logits">The policy's logits.</param>
    /// <param name="sequences">Labels, masks, and where the 2·B sequences start.</param>
    /// <param name="batch">The other columns that the loss reads, one value per pair.</param>
    /// <param name="gradients">Where to write; the logits' own memory or another. Not written if anything is refused.</param>
    /// <param name="options">The reduction, and more.</param>
    /// <returns>The reduced loss.</returns>
    /// <exception cref="InvalidBatchException">Something does not fit or is not finite, or a sequence of a pair that takes part has no row that counts.</exception>
    /// <exception cref="ArgumentException">The gradients have another shape or format than the logits, or overlap them in part.</exception>
    public double Evaluate(
        in Logits logits, in TokenSequences sequences, in PreferenceBatch<double> batch, in LogitGradients gradients, EvaluationOptions options = default)
    {
        var count = Forward(logits, sequences, batch, options);
        var reduced = Loss(
            count,
            batch,
            new LossDestination<double> { PolicyChosen = upstream.AsSpan(0, count), PolicyRejected = upstream.AsSpan(count, count) },
            options);
        if (TailShare == 1)
        {
            Policy.Backward(logits, upstream.AsSpan(0, 2 * count), gradients, options.MaxThreads);
        }
        else
        {
            for (var s = 0; s < 2 * count; s++)
            {
                tailUpstream[s] = TailShare * upstream[s];
            }

            Policy.BackwardSplit(
                logits, publicLengths.AsSpan(0, 2 * count), upstream.AsSpan(0, 2 * count), tailUpstream.AsSpan(0, 2 * count), gradients, options.MaxThreads);
        }

        return reduced;
    }

    private static IPreferenceLoss Checked(IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (loss.Graph.Inputs.FirstOrDefault(i => i.IsDifferentiable && !Columns.LogProbabilities.Contains(i.Name!)) is { } other)
        {
            throw new ArgumentException(
                $"The loss '{loss.Name}' is differentiated by '{other.Name}' too, which would have to go back to logits of its own; evaluate it with "
                + $"{nameof(SequenceLogProbabilities)} and the loss itself.",
                nameof(loss));
        }

        return loss.Graph.Inputs.Any(i => i.Name is Columns.PolicyChosen or Columns.PolicyRejected)
            ? loss
            : throw new ArgumentException(
                $"The loss '{loss.Name}' reads {string.Join(", ", loss.Graph.Inputs.Select(i => i.Name))}; a loss of pairs is needed.", nameof(loss));
    }

    /// <summary>Log-probabilities of the sequences of all pairs that take part; returns the number of pairs.</summary>
    private int Forward(in Logits logits, in TokenSequences sequences, in PreferenceBatch<double> batch, EvaluationOptions options)
    {
        if (sequences.Offsets.Length % 2 == 0)
        {
            throw new InvalidBatchException(FormattableString.Invariant(
                $"There are {sequences.Offsets.Length} offsets; pairs need two sequences each, first all chosen and then all rejected ones, and one offset more than sequences."), "offsets");
        }

        RefuseGiven(Columns.PolicyChosen, batch.PolicyChosen);
        RefuseGiven(Columns.PolicyRejected, batch.PolicyRejected);
        RefuseGiven(Columns.ChosenLength, batch.ChosenLength);
        RefuseGiven(Columns.RejectedLength, batch.RejectedLength);
        pairs = 0;
        var count = sequences.Offsets.Length / 2;
        if (batch.Weight.IsGiven && batch.Weight.Length != count)
        {
            throw new InvalidBatchException(
                FormattableString.Invariant($"The column '{Columns.Weight}' has {batch.Weight.Length} rows and the logits {count} pairs; one value per pair is needed."), Columns.Weight);
        }

        Policy.Prepare(logits, sequences, WantsWeights(batch) ? LogProbabilityExtras.PairWeight : LogProbabilityExtras.None, options.MaxThreads);
        for (var pair = 0; pair < count; pair++)
        {
            if (batch.Weight.IsGiven && batch.Weight[pair] == 0)
            {
                Policy.LeaveOut(pair);
                Policy.LeaveOut(count + pair);
            }
            else
            {
                RefuseEmpty(pair, pair, Columns.PolicyChosen);
                RefuseEmpty(count + pair, pair, Columns.PolicyRejected);
            }
        }

        Policy.Run(logits, options.MaxThreads);
        Grow(count);
        for (var s = 0; s < 2 * count; s++)
        {
            publicLengths[s] = (int)Math.Min(Policy.Lengths[s], Policy.Lengths[(s + count) % (2 * count)]);
        }

        Policy.Split(publicLengths.AsSpan(0, 2 * count), sums.AsSpan(0, 2 * count), tailSums.AsSpan(0, 2 * count));
        for (var s = 0; s < 2 * count; s++)
        {
            // With a share of 0, a tail of −∞ would give NaN.
            sums[s] = TailShare == 1 ? Policy.Sums[s] : TailShare == 0 ? sums[s] : sums[s] + (TailShare * tailSums[s]);
        }

        return count;
    }

    /// <summary>Evaluates the loss; only then there are results.</summary>
    private double Loss(int count, in PreferenceBatch<double> batch, in LossDestination<double> gradients, EvaluationOptions options)
    {
        var complete = batch with
        {
            PolicyChosen = sums.AsSpan(0, count),
            PolicyRejected = sums.AsSpan(count, count),
            ChosenLength = Policy.Lengths[..count],
            RejectedLength = Policy.Lengths[count..],
        };
        if (WantsWeights(batch))
        {
            complete = complete with { Other = WithWeights(count, batch) };
        }

        var hasRewards = loss.Graph.Rewards is not null;
        var destination = gradients with
        {
            Losses = losses.AsSpan(0, count * loss.Graph.Losses.Length),
            ChosenReward = chosenRewards.AsSpan(0, hasRewards ? count : 0),
            RejectedReward = rejectedRewards.AsSpan(0, hasRewards ? count : 0),
        };
        var reduced = loss.Evaluate(complete, destination, options);
        pairs = count;
        return reduced;
    }

    private bool WantsWeights(in PreferenceBatch<double> batch)
    {
        foreach (var input in loss.Graph.Inputs)
        {
            if (input.Name is Columns.ChosenWeight or Columns.RejectedWeight && (batch.Other is null || !batch.Other.ContainsKey(input.Name)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The caller's columns, and the weights of the sequences where there are none.</summary>
    private Dictionary<string, ReadOnlyMemory<double>> WithWeights(int count, in PreferenceBatch<double> batch)
    {
        other.Clear();
        foreach (var (name, column) in batch.Other ?? other)
        {
            other[name] = column;
        }

        // A pair that is left out has no weight of its own, and its 0 is not looked at.
        for (var s = 0; s < 2 * count; s++)
        {
            weights[s] = Policy.Lengths[s] == 0 ? 0 : Policy.PairWeights[s];
        }

        other.TryAdd(Columns.ChosenWeight, weights.AsMemory(0, count));
        other.TryAdd(Columns.RejectedWeight, weights.AsMemory(count, count));
        return other;
    }

    private void RefuseEmpty(int sequence, int pair, string column)
    {
        if (Policy.Lengths[sequence] == 0)
        {
            throw new InvalidBatchException(
                FormattableString.Invariant($"Sequence {sequence}, the '{column}' of pair {pair}, has no row that counts; at least one is needed. A weight of 0 leaves a pair out."),
                column,
                pair);
        }
    }

    private static void RefuseGiven(string name, ReadOnlySpan<double> column)
    {
        if (column.IsGiven)
        {
            throw new InvalidBatchException($"The column '{name}' is computed from the logits; leave it out.", name);
        }
    }

    private void Grow(int count)
    {
        if (chosenRewards.Length < count)
        {
            sums = new double[2 * count];
            tailSums = new double[2 * count];
            upstream = new double[2 * count];
            tailUpstream = new double[2 * count];
            weights = new double[2 * count];
            publicLengths = new int[2 * count];
            losses = new double[2 * count];
            chosenRewards = new double[count];
            rejectedRewards = new double[count];
        }
    }
}
