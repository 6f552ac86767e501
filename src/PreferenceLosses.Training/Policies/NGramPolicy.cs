using System.Text;

namespace PreferenceLosses.Training;

/// <summary>
/// A log-linear n-gram model: small, exact, and fast on a processor. The score of a token is a sum of weights, one for each length of context; the
/// probabilities of all tokens add up to 1.
/// </summary>
/// <remarks>
/// <para>
/// π(token | context) = softmax over classes · softmax over the tokens of the class, with about √V of each, so that a token costs O(√V). The scores of a softmax are
/// the sum of one row of weights for no context, one for the token before, one for the two tokens before, …; rows of contexts are found by a hash. Tokens of the prompt are
/// context like any other, and beyond the first token nothing comes before.
/// </para>
/// <para>
/// Scores are linear in the weights, so that log π of any completion is concave in them: fitting by likelihood has one optimum (a loss of differences of log π has no
/// such guarantee). All weights begin at 0: every class is as likely as any other, and so is each token in its class.
/// </para>
/// <para>Results do not depend on the number of threads. One training step at a time; reading is safe from several threads while nobody trains.</para>
/// </remarks>
public sealed class NGramPolicy : ITrainablePolicy
{
    internal const int SequencesPerChunk = 4;

    private readonly AdamWOptions optimizerOptions;
    private readonly NGramForwardPass pass;
    private SparseGradient? gradient;
    private SparseAdamW? optimizer;

    /// <summary>A policy that has learned nothing.</summary>
    /// <param name="settings">Its size.</param>
    /// <param name="optimizer">The settings of the optimizer; AdamW's defaults if left out.</param>
    /// <exception cref="ArgumentException">There would be more weights than an array holds.</exception>
    public NGramPolicy(NGramSettings settings, AdamWOptions? optimizer = null)
        : this(settings, optimizer ?? new AdamWOptions(), weights: null)
    {
    }

    private NGramPolicy(NGramSettings settings, AdamWOptions optimizer, NGramWeights? weights)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        optimizerOptions = optimizer;
        Factorization = new ClassFactorization(settings.VocabularySize);
        Contexts = new ContextRows(settings, Factorization);
        Weights = weights ?? new NGramWeights(Contexts.Count, Factorization.RowWidth);
        pass = new NGramForwardPass(this);
    }

    /// <summary>The size of the policy.</summary>
    public NGramSettings Settings { get; }

    /// <inheritdoc/>
    public int VocabularySize => Settings.VocabularySize;

    /// <summary>The largest number of threads; 0, the default, means one per core. Results do not depend on it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int MaxThreads
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    internal ClassFactorization Factorization { get; }

    internal ContextRows Contexts { get; }

    internal NGramWeights Weights { get; }

    /// <summary>A policy with the weights that <see cref="SaveWeights"/> wrote.</summary>
    /// <param name="source">Where from; stays open.</param>
    /// <param name="optimizer">The settings of the optimizer; AdamW's defaults if left out.</param>
    /// <exception cref="InvalidDataException">It is something else, or cut.</exception>
    public static NGramPolicy Load(Stream source, AdamWOptions? optimizer = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        var policy = OfSize(NGramFile.ReadHeader(reader), optimizer);
        NGramFile.ReadRows(reader, policy.Weights);
        return policy;
    }

    /// <summary>A copy of this policy as it is now, with an optimizer that has made no step.</summary>
    /// <param name="optimizer">The settings of the optimizer; this policy's if left out.</param>
    public NGramPolicy Copy(AdamWOptions? optimizer = null) => new(Settings, optimizer ?? optimizerOptions, Weights.Copy()) { MaxThreads = MaxThreads };

    /// <inheritdoc/>
    public IPolicy Freeze() => Copy();

    /// <inheritdoc/>
    public void MixWith(IPolicy other, double share)
    {
        if (share is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share has to be from 0 to 1.");
        }

        Weights.Mix(SameKind(other, nameof(other)).Weights, share);
    }

    /// <inheritdoc/>
    public void LogProbabilities(ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        var checkedSequences = Check(sequences);
        CheckDestination(sequences, destination);
        var results = new double[sequences.Length];
        Chunks.For(sequences.Length, SequencesPerChunk, MaxThreads, (from, to) =>
        {
            var reader = new NGramReader(this);
            for (var i = from; i < to; i++)
            {
                results[i] = reader.LogProbability(checkedSequences[i]);
            }
        });
        results.CopyTo(destination);
    }

    /// <summary>The log-probability of every token as the next one.</summary>
    /// <param name="context">What comes before it.</param>
    /// <param name="destination">ln p, in nats; [<see cref="VocabularySize"/>].</param>
    /// <exception cref="ArgumentException">A token does not exist, or the destination has another length.</exception>
    public void LogProbabilitiesOfNext(ReadOnlySpan<int> context, Span<double> destination)
    {
        CheckContext(context);
        if (destination.Length != VocabularySize)
        {
            throw new ArgumentException($"The destination has {destination.Length} values and not {VocabularySize}, one for each token.", nameof(destination));
        }

        new NGramReader(this).Distribution(context, [], 0, destination);
    }

    /// <inheritdoc/>
    public int[][] Sample(ReadOnlySpan<ReadOnlyMemory<int>> prompts, SamplingOptions options, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EndOfText, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(options.EndOfText, VocabularySize, nameof(options));
        foreach (var prompt in prompts)
        {
            CheckContext(prompt.Span);
        }

        var streams = new RandomStream(random.NextUInt64());
        var checkedPrompts = prompts.ToArray();
        var completions = new int[prompts.Length][];
        Chunks.For(prompts.Length, SequencesPerChunk, MaxThreads, (from, to) =>
        {
            var reader = new NGramReader(this);
            for (var i = from; i < to; i++)
            {
                completions[i] = reader.Sample(checkedPrompts[i].Span, options, streams.Fork((ulong)i));
            }
        });
        return completions;
    }

    /// <inheritdoc/>
    /// <remarks>Costs O(V) for each token; for evaluations.</remarks>
    public void KlDivergence(IPolicy other, ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        var same = SameKind(other, nameof(other));
        var checkedSequences = Check(sequences);
        CheckDestination(sequences, destination);
        var results = new double[sequences.Length];
        Chunks.For(sequences.Length, 1, MaxThreads, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                results[i] = new NGramReader(this).KlDivergence(new NGramReader(same), checkedSequences[i]);
            }
        });
        results.CopyTo(destination);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The pass before is still open.</exception>
    public IForwardPass Forward(ReadOnlySpan<TokenSequence> sequences)
    {
        var checkedSequences = Check(sequences);
        if (pass.IsOpen)
        {
            throw new InvalidOperationException("The pass before this one is still open: dispose of it first, its memory is used again.");
        }

        pass.Run(checkedSequences, MaxThreads);
        return pass;
    }

    /// <inheritdoc/>
    public double GradientNorm() => gradient?.Norm(MaxThreads) ?? 0;

    /// <inheritdoc/>
    public void ScaleGradient(double factor) => gradient?.Multiply(factor);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not a finite number, 0 or greater; or its product with the weight decay is not below 1.</exception>
    public void OptimizerStep(double learningRate)
    {
        if (!(learningRate >= 0 && double.IsFinite(learningRate)))
        {
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "The learning rate has to be a finite number, 0 or greater.");
        }

        Optimizer.Step(Gradient, learningRate, MaxThreads);
        Gradient.Clear();
    }

    /// <inheritdoc/>
    public void ZeroGradient() => gradient?.Clear();

    /// <inheritdoc/>
    public void SaveWeights(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        NGramFile.Write(destination, Settings, Weights);
    }

    /// <inheritdoc/>
    public void LoadWeights(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        var settings = NGramFile.ReadHeader(reader);
        if (settings != Settings)
        {
            throw new InvalidDataException($"The weights are those of another policy: {settings}, where this one is {Settings}.");
        }

        NGramFile.ReadRows(reader, Weights);
    }

    /// <inheritdoc/>
    public void SaveOptimizer(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var writer = new BinaryWriter(destination, Encoding.UTF8, leaveOpen: true);
        writer.Write(optimizerOptions.Beta1);
        writer.Write(optimizerOptions.Beta2);
        writer.Write(optimizerOptions.Epsilon);
        writer.Write(optimizerOptions.WeightDecay);
        Optimizer.Save(writer);
    }

    /// <inheritdoc/>
    public void LoadOptimizer(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        double Read() => NGramFile.Read(reader, r => r.ReadDouble());
        var saved = (Read(), Read(), Read(), Read());
        var own = (optimizerOptions.Beta1, optimizerOptions.Beta2, optimizerOptions.Epsilon, optimizerOptions.WeightDecay);
        if (saved != own)
        {
            throw new InvalidDataException($"The optimizer's (β₁, β₂, ε, weight decay) were {saved}, where this one's are {own}.");
        }

        optimizer = new SparseAdamW(Weights, optimizerOptions);
        optimizer.Load(reader);
        gradient?.Clear();
    }

    /// <inheritdoc/>
    /// <remarks>There is nothing to give back.</remarks>
    public void Dispose()
    {
    }

    internal void AddGradient(int softmaxes, int[] rows, float[] probabilities, int[] outcomes, float[] weights) =>
        Gradient.Add(softmaxes, Contexts.PerSoftmax, rows, probabilities, outcomes, weights, MaxThreads);

    // A reference needs neither, and they are three times the memory of the weights.
    internal SparseGradient Gradient => gradient ??= new SparseGradient(Contexts.Count, Factorization.RowWidth);

    private SparseAdamW Optimizer => optimizer ??= new SparseAdamW(Weights, optimizerOptions);

    private NGramPolicy SameKind(IPolicy other, string parameter) => other is NGramPolicy policy && policy.Settings == Settings
        ? policy
        : throw new ArgumentException($"The other policy has to be an n-gram policy of the same size: {Settings}.", parameter);

    private static NGramPolicy OfSize(NGramSettings settings, AdamWOptions? optimizer)
    {
        try
        {
            return new NGramPolicy(settings, optimizer);
        }
        catch (ArgumentException wrong)
        {
            throw new InvalidDataException($"The header of the weights is damaged: {wrong.Message}", wrong);
        }
    }

    private static void CheckDestination(ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        if (destination.Length != sequences.Length)
        {
            throw new ArgumentException($"The destination has {destination.Length} values for {sequences.Length} sequences.", nameof(destination));
        }
    }

    private TokenSequence[] Check(ReadOnlySpan<TokenSequence> sequences)
    {
        for (var i = 0; i < sequences.Length; i++)
        {
            if (sequences[i].Completion.IsEmpty)
            {
                throw new ArgumentException($"The completion of sequence {i} is empty.", nameof(sequences));
            }

            CheckContext(sequences[i].Prompt.Span);
            CheckTokens(sequences[i].Completion.Span);
        }

        return sequences.ToArray();
    }

    /// <summary>Of a context only the end is read.</summary>
    private void CheckContext(ReadOnlySpan<int> context) => CheckTokens(context[Math.Max(0, context.Length - Settings.Order + 1)..]);

    private void CheckTokens(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)VocabularySize)
            {
                throw new ArgumentException($"There is no token {token}; there are the tokens 0 to {VocabularySize - 1}.");
            }
        }
    }
}
