namespace PreferenceLosses.Training;

/// <summary>
/// The reference of accelerated preference optimization (He et al. 2024, arXiv 2410.06293): log π_ref = (1 + α) log π_t − α log π_(t−1), which goes on in the
/// direction of the last round. It is no distribution, so nothing can be drawn from it and nothing diverges from it.
/// </summary>
internal sealed class MomentumReference(IPolicy current, IPolicy previous, double momentum) : IPolicy
{
    /// <inheritdoc/>
    public int VocabularySize => current.VocabularySize;

    /// <inheritdoc/>
    public void LogProbabilities(ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        var before = new double[sequences.Length];
        previous.LogProbabilities(sequences, before);
        current.LogProbabilities(sequences, destination);
        for (var i = 0; i < before.Length; i++)
        {
            destination[i] = ((1 + momentum) * destination[i]) - (momentum * before[i]);
        }
    }

    /// <inheritdoc/>
    public void SaveWeights(Stream destination)
    {
        current.SaveWeights(destination);
        previous.SaveWeights(destination);
    }

    /// <inheritdoc/>
    public int[][] Sample(ReadOnlySpan<ReadOnlyMemory<int>> prompts, SamplingOptions options, RandomStream random) => throw NoDistribution();

    /// <inheritdoc/>
    public void KlDivergence(IPolicy other, ReadOnlySpan<TokenSequence> sequences, Span<double> destination) => throw NoDistribution();

    /// <inheritdoc/>
    public IPolicy Freeze() => throw NoDistribution();

    /// <inheritdoc/>
    public void MixWith(IPolicy other, double share) => throw NoDistribution();

    /// <inheritdoc/>
    public void LoadWeights(Stream source) => throw NoDistribution();

    /// <inheritdoc/>
    /// <remarks>Both policies are the caller's.</remarks>
    public void Dispose()
    {
    }

    private static NotSupportedException NoDistribution() => new("A reference with momentum gives log-probabilities only: it is no distribution, and has no weights of its own.");
}
