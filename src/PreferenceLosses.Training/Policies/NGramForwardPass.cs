namespace PreferenceLosses.Training;

/// <summary>
/// What a batch's backward pass needs: of each token two softmaxes, the rows that they are sums of, and their probabilities. The memory is the policy's and is used again
/// by the next pass.
/// </summary>
internal sealed class NGramForwardPass : IForwardPass
{
    private readonly NGramPolicy policy;
    private double[] logProbabilities = [];
    private int[] starts = [];
    private int[] rows = [];
    private int[] outcomes = [];
    private float[] probabilities = [];
    private float[] weights = [];
    private int count;
    private bool isOpen;

    public NGramForwardPass(NGramPolicy policy) => this.policy = policy;

    public bool IsOpen => isOpen;

    /// <inheritdoc/>
    public ReadOnlySpan<double> LogProbabilities => isOpen
        ? logProbabilities.AsSpan(0, count)
        : throw new ObjectDisposedException(nameof(IForwardPass));

    /// <summary>Computes the log-probabilities of a batch, which has been checked.</summary>
    /// <exception cref="ArgumentException">What a backward pass needs of it is more than an array holds.</exception>
    public void Run(TokenSequence[] sequences, int maxThreads)
    {
        CheckSize(sequences);
        isOpen = true;
        count = sequences.Length;
        EnsureLength(ref starts, count + 1);
        for (var i = 0; i < count; i++)
        {
            starts[i + 1] = starts[i] + sequences[i].Completion.Length;
        }

        var softmaxes = 2 * starts[count];
        EnsureLength(ref logProbabilities, count);
        EnsureLength(ref rows, softmaxes * policy.Contexts.PerSoftmax);
        EnsureLength(ref outcomes, softmaxes);
        EnsureLength(ref probabilities, softmaxes * policy.Factorization.RowWidth);
        EnsureLength(ref weights, softmaxes);
        Chunks.For(count, NGramPolicy.SequencesPerChunk, maxThreads, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                logProbabilities[i] = RunSequence(sequences[i], 2 * starts[i]);
            }
        });
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlySpan<double> weights)
    {
        ObjectDisposedException.ThrowIf(!isOpen, typeof(IForwardPass));
        if (weights.Length != count)
        {
            throw new ArgumentException($"There are {weights.Length} weights for {count} sequences.", nameof(weights));
        }

        for (var i = 0; i < count; i++)
        {
            this.weights.AsSpan((2 * starts[i])..(2 * starts[i + 1])).Fill((float)weights[i]);
        }

        policy.AddGradient(2 * starts[count], rows, probabilities, outcomes, this.weights);
    }

    /// <inheritdoc/>
    public void Dispose() => isOpen = false;

    private double RunSequence(TokenSequence sequence, int softmax)
    {
        var (factorization, perSoftmax) = (policy.Factorization, policy.Contexts.PerSoftmax);
        var sum = 0.0;
        for (var t = 0; t < sequence.Completion.Length; t++, softmax += 2)
        {
            var token = sequence.Completion.Span[t];
            var tokenClass = factorization.ClassOf(token);
            var contexts = rows.AsSpan(softmax * perSoftmax, 2 * perSoftmax);
            policy.Contexts.Of(sequence.Prompt.Span, sequence.Completion.Span, t, tokenClass, contexts);
            outcomes[softmax] = tokenClass;
            outcomes[softmax + 1] = token - (tokenClass * factorization.ClassSize);
            sum += Softmax(softmax, contexts[..perSoftmax], factorization.Classes);
            sum += Softmax(softmax + 1, contexts[perSoftmax..], factorization.SizeOf(tokenClass));
        }

        return sum;
    }

    private double Softmax(int softmax, ReadOnlySpan<int> contexts, int outcomesOfIt)
    {
        var all = probabilities.AsSpan(softmax * policy.Factorization.RowWidth, policy.Factorization.RowWidth);
        all[outcomesOfIt..].Clear();
        policy.Weights.Scores(contexts, all[..outcomesOfIt]);
        return Training.Softmax.Apply(all[..outcomesOfIt], outcomes[softmax]);
    }

    private void CheckSize(TokenSequence[] sequences)
    {
        var tokens = sequences.Sum(sequence => (long)sequence.Completion.Length);
        var most = Array.MaxLength / (2 * Math.Max(policy.Contexts.PerSoftmax, policy.Factorization.RowWidth));
        if (tokens > most)
        {
            throw new ArgumentException($"A batch of {tokens} completion tokens is too large for this policy, which takes up to {most} at once; take a smaller batch size.", nameof(sequences));
        }
    }

    private static void EnsureLength<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[length];
        }
    }
}
