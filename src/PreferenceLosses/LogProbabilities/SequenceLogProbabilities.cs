using PreferenceLosses.LogProbabilities;

namespace PreferenceLosses;

/// <summary>What a forward pass computes beside log-probabilities, in the same pass.</summary>
[Flags]
public enum LogProbabilityExtras
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The entropy of each row's distribution.</summary>
    Entropy = 1,

    /// <summary>WPO's weight of each sequence.</summary>
    PairWeight = 2,
}

/// <summary>
/// Log-probabilities of sequences from logits, and the gradient back to the logits. One read of the logits forward, and one
/// read and write backward, possibly in place; the memory in between is a few numbers per row.
/// </summary>
/// <remarks>
/// <para>
/// With the logits z of row t and its label y: log p_t = z_y − m − log Σ e^(z − m), m = max z. The backward pass gives
/// g·(onehot(y) − softmax(z)), where g is the derivative of the objective with respect to log p_t. Exponentials are in single
/// precision; sums over blocks, over rows and everything per row in double precision.
/// </para>
/// <para>
/// Use one object again and again: it keeps the memory of the largest batch, and a warm call on one thread allocates nothing.
/// An object is not for several threads at once; it uses threads itself, and no result depends on their number.
/// </para>
/// </remarks>
public sealed unsafe class SequenceLogProbabilities
{
    /// <summary>Logits per thread below which starting a thread costs more than it saves.</summary>
    private const long LogitsPerThread = 1 << 18;

    /// <summary>Logits that a thread takes at a time, at least.</summary>
    private const int LogitsPerShare = 1 << 16;

    private LogitLayout layout;
    private int rows;
    private int sequences;
    private LogProbabilityExtras computed;

    // Per row.
    private int[] labels = [];
    private float[] maxima = [];
    private double[] rowSums = [];
    private double[] tokens = [];
    private double[] entropies = [];
    private double[] logSquares = [];
    private double[] rowUpstream = [];

    // Per sequence.
    private int[] offsets = [];
    private double[] sums = [];
    private double[] means = [];
    private double[] lengths = [];
    private double[] meanEntropies = [];
    private double[] pairWeights = [];

    /// <summary>Σ log p_t over the rows of each sequence that count, in nats; [sequences]. 0 where none counts.</summary>
    public ReadOnlySpan<double> Sums => sums.AsSpan(0, sequences);

    /// <summary>The sum divided by the number of rows that count; [sequences]. NaN where none counts.</summary>
    public ReadOnlySpan<double> Means => means.AsSpan(0, sequences);

    /// <summary>The number of rows (tokens) of each sequence that count, as losses read it; [sequences].</summary>
    public ReadOnlySpan<double> Lengths => lengths.AsSpan(0, sequences);

    /// <summary>log p_t of each row, in nats; [rows]. 0 where a row does not count.</summary>
    public ReadOnlySpan<double> Tokens => tokens.AsSpan(0, rows);

    /// <summary>−Σ p·log p over the vocabulary, in nats; [rows]. 0 where a row does not count.</summary>
    /// <exception cref="InvalidOperationException">The forward pass was not asked for it.</exception>
    public ReadOnlySpan<double> Entropies => Computed(LogProbabilityExtras.Entropy, entropies).AsSpan(0, rows);

    /// <summary>The mean entropy of the rows of each sequence that count; [sequences]. NaN where none counts.</summary>
    /// <exception cref="InvalidOperationException">The forward pass was not asked for it.</exception>
    public ReadOnlySpan<double> MeanEntropies => Computed(LogProbabilityExtras.Entropy, meanEntropies).AsSpan(0, sequences);

    /// <summary>
    /// WPO's weight (Zhou et al. 2024, arXiv 2406.11827, with the sampled alignment) of each sequence: the exponential of the mean of log p_t − log Σ p² over its
    /// rows that count; [sequences]. Not clamped, as in TRL: it can be above 1. NaN where no row counts. It is a constant of the loss (<see cref="Columns.ChosenWeight"/>).
    /// </summary>
    /// <exception cref="InvalidOperationException">The forward pass was not asked for it.</exception>
    public ReadOnlySpan<double> PairWeights => Computed(LogProbabilityExtras.PairWeight, pairWeights).AsSpan(0, sequences);

    /// <summary>The bits of the vectors that are computed with, for tests.</summary>
    internal int VectorBits { get; init; } = RowPass.WidestVector;

    /// <summary>Computes log-probabilities and keeps what the backward pass needs.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="tokenSequences">Labels, masks and where sequences start.</param>
    /// <param name="extras">What else to compute.</param>
    /// <param name="maxThreads">The largest number of threads; 0 means one per core. They are used where they pay.</param>
    /// <exception cref="InvalidBatchException">
    /// A label is not in the vocabulary, lengths or offsets do not fit, or a row that counts has a logit that is NaN or ∞, or nothing but −∞.
    /// </exception>
    public void Forward(in Logits logits, in TokenSequences tokenSequences, LogProbabilityExtras extras = LogProbabilityExtras.None, int maxThreads = 0)
    {
        Prepare(logits, tokenSequences, extras, maxThreads);
        Run(logits, maxThreads);
    }

    /// <summary>Writes the gradient with respect to the logits of Σ upstream · sum over the sequences.</summary>
    /// <param name="logits">The logits of the last forward pass.</param>
    /// <param name="upstream">The derivative of the objective with respect to each sequence's sum (for its mean: divided by the length); [sequences].</param>
    /// <param name="gradients">Where to write; the logits' own memory or another.</param>
    /// <param name="maxThreads">As for the forward pass.</param>
    /// <exception cref="ArgumentException">A shape does not fit, an upstream weight is not finite, or the gradients overlap the logits in part.</exception>
    /// <exception cref="InvalidOperationException">There was no forward pass, or a backward pass has overwritten its logits.</exception>
    public void Backward(in Logits logits, ReadOnlySpan<double> upstream, in LogitGradients gradients, int maxThreads = 0)
    {
        CheckState(logits);
        SequenceChecks.Upstream(upstream, sequences, "sequence");
        for (var s = 0; s < sequences; s++)
        {
            rowUpstream.AsSpan(offsets[s]..offsets[s + 1]).Fill(upstream[s]);
        }

        RunBackward(logits, gradients, maxThreads);
    }

    /// <summary>Writes the gradient with respect to the logits of Σ upstream · log p over the rows.</summary>
    /// <param name="logits">The logits of the last forward pass.</param>
    /// <param name="upstream">The derivative of the objective with respect to each row's log-probability; [rows]. Not looked at where a row does not count, but finite.</param>
    /// <param name="gradients">Where to write; the logits' own memory or another.</param>
    /// <param name="maxThreads">As for the forward pass.</param>
    /// <exception cref="ArgumentException">A shape does not fit, an upstream weight is not finite, or the gradients overlap the logits in part.</exception>
    /// <exception cref="InvalidOperationException">There was no forward pass, or a backward pass has overwritten its logits.</exception>
    public void BackwardTokens(in Logits logits, ReadOnlySpan<double> upstream, in LogitGradients gradients, int maxThreads = 0)
    {
        CheckState(logits);
        SequenceChecks.Upstream(upstream, rows, "row");
        upstream.CopyTo(rowUpstream);
        RunBackward(logits, gradients, maxThreads);
    }

    /// <summary>
    /// LD-DPO's split of each sum (Liu et al. 2024, arXiv 2409.06411): over the first rows that count, and over the rest. The log-probability that a loss reads
    /// is then public + share · tail.
    /// </summary>
    /// <param name="publicLengths">How many rows that count belong to the first part, at most the length; [sequences]. For a pair, the smaller of its two lengths.</param>
    /// <param name="publicSums">Σ over the first part, in nats; [sequences].</param>
    /// <param name="tailSums">Σ over the rest; [sequences].</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Split(ReadOnlySpan<int> publicLengths, Span<double> publicSums, Span<double> tailSums)
    {
        CheckPublicLengths(publicLengths);
        CheckPerSequence(publicSums.Length, nameof(publicSums));
        CheckPerSequence(tailSums.Length, nameof(tailSums));
        for (var s = 0; s < sequences; s++)
        {
            var end = PublicEnd(s, publicLengths[s]);
            publicSums[s] = Sum(tokens.AsSpan(offsets[s]..end));
            tailSums[s] = Sum(tokens.AsSpan(end..offsets[s + 1]));
        }
    }

    /// <summary>Writes the gradient with respect to the logits of Σ publicUpstream · public sum + tailUpstream · tail sum over the sequences.</summary>
    /// <param name="logits">The logits of the last forward pass.</param>
    /// <param name="publicLengths">As in <see cref="Split"/>.</param>
    /// <param name="publicUpstream">The derivative of the objective with respect to each public sum; [sequences].</param>
    /// <param name="tailUpstream">That with respect to each tail sum: the share of the other for LD-DPO; [sequences].</param>
    /// <param name="gradients">Where to write; the logits' own memory or another.</param>
    /// <param name="maxThreads">As for the forward pass.</param>
    /// <exception cref="ArgumentException">A shape does not fit, an upstream weight is not finite, or the gradients overlap the logits in part.</exception>
    /// <exception cref="InvalidOperationException">There was no forward pass, or a backward pass has overwritten its logits.</exception>
    public void BackwardSplit(
        in Logits logits,
        ReadOnlySpan<int> publicLengths,
        ReadOnlySpan<double> publicUpstream,
        ReadOnlySpan<double> tailUpstream,
        in LogitGradients gradients,
        int maxThreads = 0)
    {
        CheckState(logits);
        CheckPublicLengths(publicLengths);
        SequenceChecks.Upstream(publicUpstream, sequences, "sequence");
        SequenceChecks.Upstream(tailUpstream, sequences, "sequence");
        for (var s = 0; s < sequences; s++)
        {
            var end = PublicEnd(s, publicLengths[s]);
            rowUpstream.AsSpan(offsets[s]..end).Fill(publicUpstream[s]);
            rowUpstream.AsSpan(end..offsets[s + 1]).Fill(tailUpstream[s]);
        }

        RunBackward(logits, gradients, maxThreads);
    }

    /// <summary>Checks everything but the logits' values, and makes room. Until <see cref="Run"/> there are no results.</summary>
    internal void Prepare(in Logits logits, in TokenSequences tokenSequences, LogProbabilityExtras extras, int maxThreads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxThreads);
        if ((extras & ~(LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(extras), extras, "Entropy and PairWeight are accepted.");
        }

        layout = default;
        rows = 0;
        sequences = 0;
        computed = LogProbabilityExtras.None;
        GrowRows(logits.Rows, extras);
        SequenceChecks.Labels(tokenSequences, logits.Rows, logits.Vocabulary, labels);
        GrowSequences(tokenSequences.Count, extras);
        tokenSequences.Offsets.CopyTo(offsets);
        rows = logits.Rows;
        sequences = tokenSequences.Count;
        computed = extras;
        CountRows();
    }

    /// <summary>Leaves out all rows of a sequence, whatever its logits are.</summary>
    internal void LeaveOut(int sequence)
    {
        labels.AsSpan(offsets[sequence]..offsets[sequence + 1]).Fill(-1);
        lengths[sequence] = 0;
    }

    /// <summary>The pass over what <see cref="Prepare"/> has checked.</summary>
    internal void Run(in Logits logits, int maxThreads)
    {
        fixed (byte* origin = &logits.Origin)
        fixed (int* label = labels)
        fixed (float* maximum = maxima)
        fixed (double* rowSum = rowSums, token = tokens, entropy = entropies, logSquare = logSquares)
        {
            var memory = new RowMemory
            {
                Logits = origin,
                Layout = logits.Layout,
                Labels = label,
                Maxima = maximum,
                Sums = rowSum,
                Tokens = token,
                Entropies = (computed & LogProbabilityExtras.Entropy) != 0 ? entropy : null,
                LogSquares = (computed & LogProbabilityExtras.PairWeight) != 0 ? logSquare : null,
            };
            RunRows(memory, maxThreads, isBackward: false);
            CheckRows(memory);
        }

        for (var s = 0; s < sequences; s++)
        {
            var (start, end) = (offsets[s], offsets[s + 1]);
            sums[s] = Sum(tokens.AsSpan(start..end));
            means[s] = sums[s] / lengths[s];
            if ((computed & LogProbabilityExtras.Entropy) != 0)
            {
                meanEntropies[s] = Sum(entropies.AsSpan(start..end)) / lengths[s];
            }

            if ((computed & LogProbabilityExtras.PairWeight) != 0)
            {
                pairWeights[s] = Math.Exp((sums[s] - Sum(logSquares.AsSpan(start..end))) / lengths[s]);
            }
        }

        layout = logits.Layout;
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    private void RunBackward(in Logits logits, in LogitGradients gradients, int maxThreads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxThreads);
        fixed (byte* origin = &logits.Origin, gradientOrigin = &gradients.Origin)
        fixed (int* label = labels)
        fixed (float* maximum = maxima)
        fixed (double* rowSum = rowSums, token = tokens, upstream = rowUpstream)
        {
            SequenceChecks.Gradients(origin, logits.Layout, gradientOrigin, gradients.Layout);
            var memory = new RowMemory
            {
                Logits = origin,
                Layout = logits.Layout,
                Labels = label,
                Maxima = maximum,
                Sums = rowSum,
                Tokens = token,
                Upstream = upstream,
                Gradients = gradientOrigin,
                GradientLayout = gradients.Layout,
            };
            if (origin == gradientOrigin)
            {
                layout = default;
            }

            RunRows(memory, maxThreads, isBackward: true);
        }
    }

    private void RunRows(in RowMemory memory, int maxThreads, bool isBackward)
    {
        var threads = (int)Math.Min(
            maxThreads == 0 ? Environment.ProcessorCount : maxThreads,
            Math.Min(rows, (long)rows * memory.Layout.Vocabulary / LogitsPerThread));
        if (threads > 1)
        {
            RunParallel(memory, threads, isBackward);
        }
        else
        {
            RunShare(memory, 0, rows, isBackward);
        }
    }

    private void RunParallel(RowMemory memory, int threads, bool isBackward)
    {
        var next = 0L;
        var share = Math.Max(1, LogitsPerShare / memory.Layout.Vocabulary);
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            for (var start = Interlocked.Add(ref next, share) - share; start < rows; start = Interlocked.Add(ref next, share) - share)
            {
                RunShare(memory, (int)start, (int)Math.Min(start + share, rows), isBackward);
            }
        });
    }

    private void RunShare(in RowMemory memory, int start, int end, bool isBackward)
    {
        if (isBackward)
        {
            RowPass.Backward(VectorBits, memory, start, end);
        }
        else
        {
            RowPass.Forward(VectorBits, memory, start, end);
        }
    }

    /// <summary>Refuses the first row that has no softmax. Its sum is NaN or 0: the largest of ordinary logits adds 1 to it.</summary>
    private void CheckRows(in RowMemory memory)
    {
        for (var row = 0; row < rows; row++)
        {
            if (labels[row] >= 0 && !(rowSums[row] > 0))
            {
                var token = 0;
                var logit = LogitElement.Read(memory.Logits, memory.Layout, row, token);
                while (!float.IsNaN(logit) && !float.IsPositiveInfinity(logit) && ++token < memory.Layout.Vocabulary)
                {
                    logit = LogitElement.Read(memory.Logits, memory.Layout, row, token);
                }

                rows = 0;
                sequences = 0;
                throw SequenceChecks.Row(row, token < memory.Layout.Vocabulary ? token : -1, logit);
            }
        }
    }

    private void CountRows()
    {
        for (var s = 0; s < sequences; s++)
        {
            var count = 0;
            for (var row = offsets[s]; row < offsets[s + 1]; row++)
            {
                count += labels[row] >= 0 ? 1 : 0;
            }

            lengths[s] = count;
        }
    }

    /// <summary>The row after the first so many that count.</summary>
    private int PublicEnd(int sequence, int publicLength)
    {
        var row = offsets[sequence];
        for (var counted = 0; counted < publicLength; row++)
        {
            counted += labels[row] >= 0 ? 1 : 0;
        }

        return row;
    }

    private void CheckState(in Logits logits)
    {
        if (layout == default)
        {
            throw new InvalidOperationException("A backward pass needs the forward pass of the same logits before it, and overwrites them if it is in place.");
        }

        if (layout != logits.Layout)
        {
            throw new ArgumentException("The logits have another shape, format or stride than those of the forward pass.", nameof(logits));
        }
    }

    private void CheckPublicLengths(ReadOnlySpan<int> publicLengths)
    {
        CheckPerSequence(publicLengths.Length, nameof(publicLengths));
        for (var s = 0; s < sequences; s++)
        {
            if (!(publicLengths[s] >= 0 && publicLengths[s] <= lengths[s]))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"The public length of sequence {s} is {publicLengths[s]}; from 0 to its length, {lengths[s]}, is needed."), nameof(publicLengths));
            }
        }
    }

    private void CheckPerSequence(int length, string name)
    {
        if (length != sequences)
        {
            throw new ArgumentException($"There are {length} values and {sequences} sequences; one per sequence is needed.", name);
        }
    }

    private T[] Computed<T>(LogProbabilityExtras what, T[] values) => (computed & what) != 0
        ? values
        : throw new InvalidOperationException($"The forward pass was not asked for it; give it {nameof(LogProbabilityExtras)}.{what}.");

    private void GrowRows(int count, LogProbabilityExtras extras)
    {
        if (labels.Length < count)
        {
            labels = new int[count];
            maxima = new float[count];
            rowSums = new double[count];
            tokens = new double[count];
            rowUpstream = new double[count];
        }

        Grow(ref entropies, (extras & LogProbabilityExtras.Entropy) != 0 ? count : 0);
        Grow(ref logSquares, (extras & LogProbabilityExtras.PairWeight) != 0 ? count : 0);
    }

    private void GrowSequences(int count, LogProbabilityExtras extras)
    {
        if (offsets.Length < count + 1)
        {
            offsets = new int[count + 1];
            sums = new double[count];
            means = new double[count];
            lengths = new double[count];
        }

        Grow(ref meanEntropies, (extras & LogProbabilityExtras.Entropy) != 0 ? count : 0);
        Grow(ref pairWeights, (extras & LogProbabilityExtras.PairWeight) != 0 ? count : 0);
    }

    private static void Grow(ref double[] values, int count)
    {
        if (values.Length < count)
        {
            values = new double[count];
        }
    }
}
