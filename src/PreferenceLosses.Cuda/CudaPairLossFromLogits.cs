namespace PreferenceLosses.Cuda;

/// <summary>A loss of pairs from the policy's logits, on a device: losses, metrics, and the gradient with respect to the logits, in one call that waits for nothing (but see <see cref="CudaLoss.GoesThroughHost"/>).</summary>
/// <remarks>
/// <para>
/// As <see cref="PairLossFromLogits"/> on the CPU, in single precision: a batch of B pairs is 2·B sequences, whose log-probabilities and lengths become the
/// columns <c>policy_chosen</c>, <c>policy_rejected</c>, <c>chosen_length</c> and <c>rejected_length</c>; a loss that reads <c>chosen_weight</c> and
/// <c>rejected_weight</c> (WPO) gets those of the logits, unless the batch has them. Logits are read once forward; backward reads and
/// writes them once, in their place or elsewhere. Rows that do not count are not read. Beside that 16 bytes per row and 12 per sequence (16 with weights) are used, and at most 6 KB where blocks share rows.
/// </para>
/// <para>
/// The logits of a pair of weight 0 are read, other than on the CPU: they have to be finite for its gradients to be 0. Labels and logits are not checked on the device.
/// An object is not for several threads or streams at once.
/// </para>
/// </remarks>
/// <param name="device">The device.</param>
/// <param name="loss">A loss of pairs, differentiated by log-probabilities alone.</param>
public sealed class CudaPairLossFromLogits(CudaDevice device, IPreferenceLoss loss) : IDisposable
{
    private const int FloatsPerRow = 4;
    private const int FloatsPerSequence = 3;
    private static readonly string[] WeightColumns = [Columns.ChosenWeight, Columns.RejectedWeight];

    private readonly CudaDevice device = device ?? throw new ArgumentNullException(nameof(device));
    private readonly IPreferenceLoss loss = Checked(loss);
    private readonly CudaSequenceLogProbabilities logProbabilities = new(device);
    private readonly CudaLoss pairLoss = new(device, loss);
    private DeviceMemory? memory;

    /// <summary>
    /// LD-DPO's α (Liu et al. 2024, arXiv 2409.06411), from 0 to 1: by how much the tokens count that a completion has beyond the length of the other one of its
    /// pair. 1, the default, is the plain sum. The reference is summed by the caller.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The share is not from 0 to 1.</exception>
    public double TailShare
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The share has to be from 0 to 1.");
    } = 1;

    /// <summary>Puts the evaluation on a stream.</summary>
    /// <param name="logits">The policy's logits.</param>
    /// <param name="sequences">Labels, and where the 2·B sequences start.</param>
    /// <param name="batch">The other columns that the loss reads, one value per pair; the reference above all.</param>
    /// <param name="destination">Where results per pair and scalars are written; gradients for log-probabilities are not among them.</param>
    /// <param name="gradients">Where the gradient with respect to the logits is written: the logits themselves, or other memory that does not overlap them.</param>
    /// <param name="stream">The driver's handle of the stream; 0 is the default stream.</param>
    /// <exception cref="ArgumentException">Shapes or formats do not fit, a column is missing, or a gradient for a log-probability is asked for.</exception>
    /// <exception cref="NotSupportedException">The loss has something that kernels do not.</exception>
    /// <exception cref="CudaException">The driver refused a call.</exception>
    public void Evaluate(
        CudaLogits logits, CudaTokenSequences sequences, CudaBatch batch, CudaDestination destination, CudaLogits gradients, nint stream = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(destination);
        Check(logits, sequences, batch, destination, gradients);
        var (rows, count) = (logits.Rows, sequences.Count);
        var wantsWeights = loss.Graph.Inputs.Any(i => WeightColumns.Contains(i.Name) && !batch.Columns.ContainsKey(i.Name!));
        var bytes = ((long)rows * FloatsPerRow * sizeof(float)) + ((long)count * (FloatsPerSequence + (wantsWeights ? 1 : 0)) * sizeof(float));
        var partialBytes = CudaSequenceLogProbabilities.PartialBytes(rows, logits.Vocabulary);
        if (memory is null || memory.Bytes < bytes + partialBytes)
        {
            memory?.Dispose();
            memory = device.Allocate(bytes + partialBytes);
        }

        nint Floats(int ofRows, int ofSequences) => memory.Address + (sizeof(float) * (((nint)rows * ofRows) + ((nint)count * ofSequences)));
        var (tokens, maxima, logSums, rowUpstream) = (Floats(0, 0), Floats(1, 0), Floats(2, 0), Floats(3, 0));
        var (sums, lengths, upstream, weights) = (Floats(4, 0), Floats(4, 1), Floats(4, 2), Floats(4, 3));
        var rejected = (nint)batch.Rows * sizeof(float);

        var results = new CudaTokenResults
        {
            Tokens = tokens,
            Maxima = maxima,
            LogSums = logSums,

            // What each row gets of the upstream comes into the same place, after the weights were made.
            LogSquares = wantsWeights ? rowUpstream : 0,
            Partials = partialBytes == 0 ? 0 : memory.Address + (nint)bytes,
        };
        logProbabilities.Forward(logits, sequences, results, sums, lengths, stream);
        if (wantsWeights)
        {
            logProbabilities.PairWeights(sequences, results, sums, lengths, weights, stream);
        }

        if (TailShare != 1)
        {
            logProbabilities.SplitPairs(sequences, results, lengths, TailShare, sums, stream);
        }

        var columns = new Dictionary<string, nint>(batch.Columns)
        {
            [Columns.PolicyChosen] = sums,
            [Columns.PolicyRejected] = sums + rejected,
            [Columns.ChosenLength] = lengths,
            [Columns.RejectedLength] = lengths + rejected,
        };
        if (wantsWeights)
        {
            columns.TryAdd(Columns.ChosenWeight, weights);
            columns.TryAdd(Columns.RejectedWeight, weights + rejected);
        }

        var columnGradients = new Dictionary<string, nint> { [Columns.PolicyChosen] = upstream, [Columns.PolicyRejected] = upstream + rejected };
        foreach (var (column, address) in columnGradients.ToArray())
        {
            // A likelihood of the chosen completion has no gradient for the other one.
            if (!this.loss.Graph.Inputs.Any(i => i.Name == column))
            {
                columnGradients.Remove(column);
                device.Clear(address, rejected, stream);
            }
        }

        pairLoss.Evaluate(
            new CudaBatch { Rows = batch.Rows, Columns = columns, Upstream = batch.Upstream, Scalars = batch.Scalars, Reduction = batch.Reduction },
            new CudaDestination
            {
                Losses = destination.Losses,
                ChosenReward = destination.ChosenReward,
                RejectedReward = destination.RejectedReward,
                Scalars = destination.Scalars,
                Gradients = columnGradients,
            },
            stream);

        if (TailShare == 1)
        {
            logProbabilities.Backward(logits, sequences, results, upstream, rowUpstream, gradients, stream);
        }
        else
        {
            logProbabilities.BackwardOfSplit(logits, sequences, results, lengths, TailShare, upstream, rowUpstream, gradients, stream);
        }
    }

    /// <summary>Frees the memory in between.</summary>
    public void Dispose()
    {
        memory?.Dispose();
        pairLoss.Dispose();
    }

    private static IPreferenceLoss Checked(IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return loss.Graph.Inputs.FirstOrDefault(i => i.IsDifferentiable && !Columns.LogProbabilities.Contains(i.Name!)) is { } other
            ? throw new ArgumentException($"The loss '{loss.Name}' is differentiated by '{other.Name}' too, which would have to go back to logits of its own.", nameof(loss))
            : loss;
    }

    private static void Check(CudaLogits logits, CudaTokenSequences sequences, CudaBatch batch, CudaDestination destination, CudaLogits gradients)
    {
        CudaSequenceLogProbabilities.Check(logits, sequences);
        CudaSequenceLogProbabilities.CheckGradients(logits, gradients);
        if (sequences.Count != 2L * batch.Rows)
        {
            throw new ArgumentException(FormattableString.Invariant($"There are {sequences.Count} sequences and {batch.Rows} pairs; two sequences per pair are needed."), nameof(sequences));
        }

        if (destination.Gradients.Count > 0)
        {
            throw new ArgumentException("Gradients go to the logits here; those for columns are not given too.", nameof(destination));
        }
    }
}
