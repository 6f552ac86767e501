using System.Collections.Immutable;

namespace PreferenceLosses.Training;

/// <summary>What a completion is worth.</summary>
/// <param name="prompt">The tokens of the prompt.</param>
/// <param name="completion">The tokens of the completion, the end token included where it was reached.</param>
/// <returns>The reward; higher is better.</returns>
public delegate double RewardFunction(ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion);

/// <summary>Completions that a policy drew, with what they are worth and how far from a reference they are: a point of the frontier of reward against KL.</summary>
/// <remarks>
/// Divergences are of the policy as it is, at the positions of what was drawn. With temperature 1 and top-p 1 their mean is KL(π ‖ π_ref) of whole completions, which a
/// frontier needs. Drawn in another way (from π_T, say) they are Σ KL(π ‖ π_ref) of the next token along completions of π_T: neither KL(π ‖ π_ref), whose completions
/// would be π's, nor KL(π_T ‖ π_ref), whose next token would be π_T's.
/// </remarks>
/// <param name="Completions">The completions, one for each prompt.</param>
/// <param name="Rewards">The reward of each.</param>
/// <param name="Divergences">KL(π ‖ π_ref) along each, in nats: the divergences of the next token, summed; empty without a reference.</param>
public sealed record SampleScores(
    ImmutableArray<TokenSequence> Completions, ImmutableArray<double> Rewards, ImmutableArray<double> Divergences)
{
    /// <summary>The expected reward, with Student's interval over the prompts.</summary>
    public Estimate Reward => Estimate.OfMean(Rewards);

    /// <summary>
    /// KL(π ‖ π_ref) of whole completions, in nats, with Student's interval, where they were drawn with temperature 1 and top-p 1; else the mean of
    /// <see cref="Divergences"/>, which is no divergence of whole completions.
    /// </summary>
    /// <exception cref="InvalidOperationException">There was no reference.</exception>
    public Estimate Kl => Divergences.IsEmpty
        ? throw new InvalidOperationException("There was no reference to diverge from.")
        : Estimate.OfMean(Divergences);

    /// <summary>The mean number of tokens, with Student's interval.</summary>
    public Estimate Length => Estimate.OfMean([.. Completions.Select(sequence => (double)sequence.Completion.Length)]);

    /// <summary>Draws a completion for each prompt, and scores it. Two policies are compared by the same prompts: <see cref="PairedComparison"/> of their rewards.</summary>
    /// <param name="policy">The policy that draws.</param>
    /// <param name="reference">The reference; null if its divergence is not asked for.</param>
    /// <param name="prompts">The prompts; at least one. They may repeat; intervals then say less about new prompts than they seem to.</param>
    /// <param name="reward">What a completion is worth.</param>
    /// <param name="sampling">How to draw.</param>
    /// <param name="random">Where randomness comes from.</param>
    /// <exception cref="ArgumentException">There are no prompts, or a reward is not finite.</exception>
    public static SampleScores Of(
        IPolicy policy, IPolicy? reference, IReadOnlyList<ReadOnlyMemory<int>> prompts, RewardFunction reward, SamplingOptions sampling, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(reward);
        if (prompts.Count == 0)
        {
            throw new ArgumentException("There are no prompts to draw completions for.", nameof(prompts));
        }

        var drawn = policy.Sample([.. prompts], sampling, random);
        ImmutableArray<TokenSequence> sequences = [.. prompts.Zip(drawn, (prompt, completion) => new TokenSequence(prompt, completion))];
        var divergences = new double[reference is null ? 0 : sequences.Length];
        if (reference is not null)
        {
            policy.KlDivergence(reference, sequences.AsSpan(), divergences);
        }

        return new(sequences, [.. sequences.Select(Reward)], [.. divergences]);

        double Reward(TokenSequence sequence) => reward(sequence.Prompt, sequence.Completion) is var value && double.IsFinite(value)
            ? value
            : throw new ArgumentException($"The reward of a completion is {value}; it has to be finite.", nameof(reward));
    }
}
