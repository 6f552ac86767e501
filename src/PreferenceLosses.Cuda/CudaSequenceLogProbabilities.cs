namespace PreferenceLosses.Cuda;

/// <summary>What there is for each row of logits: addresses of single-precision numbers in the memory of a device, [rows].</summary>
public readonly record struct CudaTokenResults
{
    /// <summary>log p of each row's label, in nats; 0 for a row that does not count.</summary>
    public required nint Tokens { get; init; }

    /// <summary>The largest logit of each row; the way back reads it.</summary>
    public required nint Maxima { get; init; }

    /// <summary>ln Σ e^(logit − largest) of each row; the way back reads it.</summary>
    public required nint LogSums { get; init; }

    /// <summary>The address for log Σ p² of each row, in nats, 0 for a row that does not count; 0 if it is not wanted. The weights of WPO are made of it.</summary>
    public nint LogSquares { get; init; }

    /// <summary>
    /// The address of memory of <see cref="CudaSequenceLogProbabilities.PartialBytes"/>, aligned to 4 bytes, in which blocks that share a row forward leave what
    /// they have found; 0 if each row is to be read by one block. The last digits of a row that is shared may be others.
    /// </summary>
    public nint Partials { get; init; }
}

/// <summary>Sequence log-probabilities from logits, and back, on a device: two launches each way, three forward where blocks share rows, without waiting.</summary>
/// <remarks>
/// <para>
/// A block does a row. Where there are fewer than 257 rows of 8,192 logits or more, several blocks share one, so that the device is busy: as many as follow from
/// the number of rows and the vocabulary alone. Back they always do; forward they need <see cref="CudaTokenResults.Partials"/>.
/// </para>
/// <para>
/// As <see cref="SequenceLogProbabilities"/> on the CPU, in single precision; nothing is kept in between, so an object is for any number of threads and
/// streams. Logits are read once forward, and read and written once backward; rows that do not count are not read. Nothing is checked on the device: a
/// label has to be in the vocabulary.
/// </para>
/// </remarks>
/// <param name="device">The device.</param>
public sealed class CudaSequenceLogProbabilities(CudaDevice device)
{
    private readonly CudaDevice device = device ?? throw new ArgumentNullException(nameof(device));

    /// <summary>The bytes that blocks need to share rows forward; 0 if they do not. Never more than 6,144.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="vocabulary">The number of logits per row.</param>
    public static int PartialBytes(int rows, int vocabulary)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, 1);
        var parts = RowKernels.Parts(rows, vocabulary);
        return parts == 1 ? 0 : parts * rows * RowKernels.BytesOfPart;
    }

    /// <summary>Puts the way forward on a stream.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="sequences">Labels, and where sequences start.</param>
    /// <param name="results">Where the results of rows are written.</param>
    /// <param name="sums">The address for Σ log p over the rows of each sequence that count, in nats, [sequences].</param>
    /// <param name="lengths">The address for how many rows of each sequence count, [sequences].</param>
    /// <param name="stream">The driver's handle of the stream; 0 is the default stream, where PyTorch and TorchSharp work.</param>
    /// <exception cref="ArgumentException">There are no rows, no logits or no sequences, or the row stride is smaller than the vocabulary.</exception>
    /// <exception cref="CudaException">The driver refused a call.</exception>
    public void Forward(CudaLogits logits, CudaTokenSequences sequences, CudaTokenResults results, nint sums, nint lengths, nint stream = 0)
    {
        Check(logits, sequences);
        var module = device.Module(RowKernels.Module);
        var parts = results.Partials == 0 ? 1 : RowKernels.Parts(logits.Rows, logits.Vocabulary);
        var extra = results.LogSquares == 0 ? RowExtra.None : RowExtra.LogSquares;
        module.Launch(
            RowKernels.Forward(logits.Format, extra), logits.Rows * parts, RowKernels.Threads, stream,
            [
                (ulong)logits.Address, logits.Stride, (ulong)logits.Vocabulary, (ulong)sequences.Labels,
                (ulong)results.Tokens, (ulong)results.Maxima, (ulong)results.LogSums, (ulong)results.LogSquares, (ulong)parts, (ulong)results.Partials,
            ]);
        if (parts > 1)
        {
            module.Launch(
                RowKernels.CombineParts(extra), logits.Rows, RowKernels.CombiningThreads, stream,
                [
                    (ulong)results.Partials, (ulong)parts, (ulong)sequences.Labels,
                    (ulong)results.Tokens, (ulong)results.Maxima, (ulong)results.LogSums, (ulong)results.LogSquares,
                ]);
        }

        module.Launch(
            RowKernels.SumSequences, sequences.Count, RowKernels.Threads, stream,
            [(ulong)results.Tokens, (ulong)sequences.Labels, (ulong)sequences.Offsets, (ulong)sums, (ulong)lengths]);
    }

    /// <summary>
    /// Puts WPO's weight of each sequence on a stream: exp of the mean of (log p − log Σ p²) over the rows that count (Zhou et al. 2024, arXiv 2406.11827), not
    /// clamped; NaN for a sequence without any. It has no gradient.
    /// </summary>
    /// <param name="sequences">Labels, and where sequences start.</param>
    /// <param name="results">What the way forward has written; <see cref="CudaTokenResults.LogSquares"/> is read.</param>
    /// <param name="sums">The address of the sums that it has written.</param>
    /// <param name="lengths">The address of the lengths that it has written.</param>
    /// <param name="weights">The address for the weights, [sequences].</param>
    /// <param name="stream">The driver's handle of the stream.</param>
    /// <exception cref="ArgumentException">The results have no log Σ p².</exception>
    /// <exception cref="CudaException">The driver refused a call.</exception>
    public void PairWeights(CudaTokenSequences sequences, CudaTokenResults results, nint sums, nint lengths, nint weights, nint stream = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences.Count, 1, nameof(sequences));
        if (results.LogSquares == 0)
        {
            throw new ArgumentException($"The way forward had no {nameof(CudaTokenResults.LogSquares)} to write, which weights are made of.", nameof(results));
        }

        device.Module(RowKernels.Module).Launch(
            RowKernels.WeighSequences, sequences.Count, RowKernels.Threads, stream,
            [(ulong)sums, (ulong)lengths, (ulong)results.LogSquares, (ulong)sequences.Offsets, (ulong)weights]);
    }

    /// <summary>Puts the way back on a stream: the gradient of Σ upstream · sum with respect to the logits, 0 for rows that do not count.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="sequences">Labels, and where sequences start.</param>
    /// <param name="results">What the way forward has written; maxima and log-sums are read.</param>
    /// <param name="upstream">The address of a weight for each sequence, [sequences].</param>
    /// <param name="rowUpstream">The address of memory for as many numbers as there are rows, for what is in between.</param>
    /// <param name="gradients">Where the gradient is written: the logits themselves, or other memory that does not overlap them.</param>
    /// <param name="stream">The driver's handle of the stream.</param>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>, or the gradients have another format or shape.</exception>
    /// <exception cref="CudaException">The driver refused a call.</exception>
    public void Backward(
        CudaLogits logits, CudaTokenSequences sequences, CudaTokenResults results, nint upstream, nint rowUpstream, CudaLogits gradients, nint stream = 0)
    {
        Check(logits, sequences);
        CheckGradients(logits, gradients);
        device.Module(RowKernels.Module).Launch(
            RowKernels.SpreadUpstream, sequences.Count, RowKernels.Threads, stream, [(ulong)upstream, (ulong)sequences.Offsets, (ulong)rowUpstream]);
        BackwardOfRows(logits, sequences, results, rowUpstream, gradients, stream);
    }

    /// <summary>LD-DPO's sums in place of the plain ones: of a pair's longer completion, what is beyond the other's length counts by a share.</summary>
    internal void SplitPairs(CudaTokenSequences sequences, CudaTokenResults results, nint lengths, double tailShare, nint sums, nint stream) =>
        device.Module(RowKernels.Module).Launch(
            RowKernels.SumPairsSplit, sequences.Count, RowKernels.Threads, stream,
            [
                (ulong)results.Tokens, (ulong)sequences.Labels, (ulong)sequences.Offsets, (ulong)lengths, (ulong)(sequences.Count / 2),
                BitConverter.SingleToUInt32Bits((float)tailShare), (ulong)sums,
            ]);

    /// <summary>The way back from those sums.</summary>
    internal void BackwardOfSplit(
        CudaLogits logits, CudaTokenSequences sequences, CudaTokenResults results, nint lengths, double tailShare, nint upstream, nint rowUpstream, CudaLogits gradients, nint stream)
    {
        device.Module(RowKernels.Module).Launch(
            RowKernels.SpreadUpstreamSplit, sequences.Count, RowKernels.Threads, stream,
            [
                (ulong)upstream, (ulong)sequences.Labels, (ulong)sequences.Offsets, (ulong)lengths, (ulong)(sequences.Count / 2),
                BitConverter.SingleToUInt32Bits((float)tailShare), (ulong)rowUpstream,
            ]);
        BackwardOfRows(logits, sequences, results, rowUpstream, gradients, stream);
    }

    private void BackwardOfRows(
        CudaLogits logits, CudaTokenSequences sequences, CudaTokenResults results, nint rowUpstream, CudaLogits gradients, nint stream)
    {
        var parts = RowKernels.Parts(logits.Rows, logits.Vocabulary);
        device.Module(RowKernels.Module).Launch(
            RowKernels.Backward(logits.Format), logits.Rows * parts, RowKernels.Threads, stream,
            [
                (ulong)logits.Address, logits.Stride, (ulong)logits.Vocabulary, (ulong)sequences.Labels,
                (ulong)results.Maxima, (ulong)results.LogSums, (ulong)rowUpstream, (ulong)gradients.Address, gradients.Stride, (ulong)parts,
            ]);
    }

    /// <summary>What is refused of logits and of where their gradient goes, before anything is launched.</summary>
    internal static void CheckGradients(CudaLogits logits, CudaLogits gradients)
    {
        if (gradients.Stride < (ulong)logits.Vocabulary)
        {
            throw new ArgumentException("The row stride of the gradients is smaller than the vocabulary.", nameof(gradients));
        }

        if ((gradients.Format, gradients.Rows, gradients.Vocabulary) != (logits.Format, logits.Rows, logits.Vocabulary)
            || (gradients.Address == logits.Address && gradients.Stride != logits.Stride))
        {
            throw new ArgumentException("The gradients have another format, shape or, in the logits' place, another stride than the logits.", nameof(gradients));
        }
    }

    /// <summary>What is refused of logits and sequences.</summary>
    internal static void Check(CudaLogits logits, CudaTokenSequences sequences)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(logits.Rows, 1, nameof(logits));
        ArgumentOutOfRangeException.ThrowIfLessThan(logits.Vocabulary, 1, nameof(logits));
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences.Count, 1, nameof(sequences));
        if (logits.Stride < (ulong)logits.Vocabulary)
        {
            throw new ArgumentException("The row stride of the logits is smaller than the vocabulary.", nameof(logits));
        }
    }
}
