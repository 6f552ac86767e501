namespace PreferenceLosses.Training;

/// <summary>By how much the chosen completion of each pair is ahead, by some measure; positive where the measure agrees with the data.</summary>
/// <param name="Margins">One number for each pair.</param>
public sealed record PairScores(IReadOnlyList<double> Margins)
{
    private const int PairsPerPass = 256;

    /// <summary>How often the chosen completion is ahead, ties counting one half, with Wilson's interval.</summary>
    public Estimate Accuracy => Estimate.OfShare(Margins.Sum(Correct), Margins.Count);

    /// <summary>The mean margin, with Student's interval.</summary>
    public Estimate Margin => Estimate.OfMean(Margins);

    /// <summary>By the change from a reference to a policy: ρ = log π(y_w)/π_ref(y_w) − log π(y_l)/π_ref(y_l), in nats. What DPO's reward is a multiple of.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="pairs">Examples of pairs.</param>
    /// <exception cref="ArgumentException">There are no examples, or some that are no pairs.</exception>
    public static PairScores OfLogRatios(IPolicy policy, IPolicy reference, IExampleSource pairs)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(pairs);
        var (own, others) = (LogProbabilities(policy, pairs), LogProbabilities(reference, pairs));
        return Of(pairs, (_, i) => own[2 * i] - others[2 * i] - (own[(2 * i) + 1] - others[(2 * i) + 1]));
    }

    /// <summary>By likelihood: log π(y_w) − log π(y_l), in nats. Short completions are likely.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="pairs">Examples of pairs.</param>
    /// <exception cref="ArgumentException">There are no examples, or some that are no pairs.</exception>
    public static PairScores OfLikelihood(IPolicy policy, IExampleSource pairs)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(pairs);
        var scores = LogProbabilities(policy, pairs);
        return Of(pairs, (_, i) => scores[2 * i] - scores[(2 * i) + 1]);
    }

    /// <summary>By likelihood per token: log π(y_w)/|y_w| − log π(y_l)/|y_l|, in nats. Length decides less.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="pairs">Examples of pairs.</param>
    /// <exception cref="ArgumentException">There are no examples, or some that are no pairs.</exception>
    public static PairScores OfAverageLikelihood(IPolicy policy, IExampleSource pairs)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(pairs);
        var scores = LogProbabilities(policy, pairs);
        return Of(pairs, (pair, i) => (scores[2 * i] / pair.Completions[0].Length) - (scores[(2 * i) + 1] / pair.Completions[1].Length));
    }

    /// <summary>By length: the shorter one is ahead, by so many tokens. What any accuracy has to be compared with.</summary>
    /// <param name="pairs">Examples of pairs.</param>
    /// <exception cref="ArgumentException">There are no examples, or some that are no pairs.</exception>
    public static PairScores OfShortness(IExampleSource pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return Of(pairs, (pair, _) => pair.Completions[1].Length - pair.Completions[0].Length);
    }

    /// <summary>This measure's accuracy minus another's on the same pairs, with Student's interval of the differences.</summary>
    /// <param name="other">The other measure.</param>
    /// <exception cref="ArgumentException">They are not of the same number of pairs.</exception>
    public Estimate AccuracyAbove(PairScores other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return PairedComparison.Differences([.. Margins.Select(Correct)], [.. other.Margins.Select(Correct)]);
    }

    private static double Correct(double margin) => margin > 0 ? 1 : margin == 0 ? 0.5 : 0;

    private static PairScores Of(IExampleSource pairs, Func<Example, int, double> margin) => pairs.Count == 0
        ? throw new ArgumentException("There are no pairs to score.", nameof(pairs))
        : new([.. Enumerable.Range(0, pairs.Count).Select(i => margin(Pair(pairs, i), i))]);

    /// <summary>Of pair i at 2i the chosen and at 2i + 1 the rejected one's.</summary>
    private static double[] LogProbabilities(IPolicy policy, IExampleSource pairs)
    {
        var scores = new double[2 * pairs.Count];
        for (var from = 0; from < pairs.Count; from += PairsPerPass)
        {
            var sequences = Enumerable.Range(from, Math.Min(PairsPerPass, pairs.Count - from))
                .Select(i => Pair(pairs, i))
                .SelectMany(pair => pair.Completions.Select(completion => new TokenSequence(pair.Prompt, completion)))
                .ToArray();
            policy.LogProbabilities(sequences, scores.AsSpan(2 * from, sequences.Length));
        }

        return scores;
    }

    private static Example Pair(IExampleSource pairs, int index) => pairs[index] is { Kind: ExampleKind.Pair } pair
        ? pair
        : throw new ArgumentException($"Example {index} is no pair.", nameof(pairs));
}
