namespace PreferenceLosses.Training;

/// <summary>A language model as a trainer and an evaluation see it: it gives completions probabilities, and draws them.</summary>
/// <remarks>
/// Nothing here says what the model is made of, so that one on another engine fits: scores are numbers and not tensors, and whatever the engine
/// keeps for a backward pass is behind <see cref="ITrainablePolicy.Forward"/>. Methods that only read may be called from several threads at once.
/// </remarks>
public interface IPolicy : IDisposable
{
    /// <summary>The number of tokens there are; a token is a number from 0 to one below it.</summary>
    int VocabularySize { get; }

    /// <summary>log π(completion | prompt) of each sequence: summed over the completion's tokens, in nats. Keeps nothing for a backward pass.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="destination">One value per sequence.</param>
    /// <exception cref="ArgumentException">A completion is empty, a token does not exist, or the destination has another length.</exception>
    void LogProbabilities(ReadOnlySpan<TokenSequence> sequences, Span<double> destination);

    /// <summary>Draws a completion for each prompt.</summary>
    /// <param name="prompts">The tokens of the prompts.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="random">Where randomness comes from. It moves on by one number, whatever the number of prompts; equal streams give equal completions.</param>
    /// <returns>The tokens of each completion; the last one is the end token, unless the completion was cut at the maximum length.</returns>
    int[][] Sample(ReadOnlySpan<ReadOnlyMemory<int>> prompts, SamplingOptions options, RandomStream random);

    /// <summary>
    /// KL(π ‖ other) along each completion, in nats: Σ over its tokens of the divergence of the two distributions of the next token, over the whole
    /// vocabulary. The mean over completions that this policy drew is KL(π ‖ other) of whole completions, with less noise than log-ratios have.
    /// </summary>
    /// <param name="other">A policy of the same kind, with the same vocabulary.</param>
    /// <param name="sequences">The sequences along which it is taken.</param>
    /// <param name="destination">One value per sequence; 0 or greater.</param>
    /// <exception cref="ArgumentException">The other policy is of another kind; or as for <see cref="LogProbabilities"/>.</exception>
    void KlDivergence(IPolicy other, ReadOnlySpan<TokenSequence> sequences, Span<double> destination);

    /// <summary>A copy of the weights as they are now, that training does not change: a reference.</summary>
    IPolicy Freeze();

    /// <summary>θ ← share · θ_other + (1 − share) · θ: a reference that follows the policy.</summary>
    /// <param name="other">A policy of the same kind and size.</param>
    /// <param name="share">From 0, which changes nothing, to 1, which copies.</param>
    /// <exception cref="ArgumentException">The other policy is of another kind or size, or the share out of its range.</exception>
    void MixWith(IPolicy other, double share);

    /// <summary>Writes the weights, and what is needed to know that they fit. Read back they give the same log-probabilities, bit for bit.</summary>
    /// <param name="destination">Where to; stays open.</param>
    void SaveWeights(Stream destination);

    /// <summary>Reads what <see cref="SaveWeights"/> of a policy of the same kind and size wrote.</summary>
    /// <param name="source">Where from; stays open.</param>
    /// <exception cref="InvalidDataException">It is something else, cut, or of another size; the policy is not to be used then.</exception>
    void LoadWeights(Stream source);
}

/// <summary>A policy that can be trained: it turns derivatives with respect to log-probabilities into a change of its weights.</summary>
public interface ITrainablePolicy : IPolicy
{
    /// <summary>Log-probabilities of a batch, with what a backward pass needs.</summary>
    /// <param name="sequences">The sequences; may be none.</param>
    /// <returns>The pass, to be disposed of before the next <see cref="OptimizerStep"/>.</returns>
    IForwardPass Forward(ReadOnlySpan<TokenSequence> sequences);

    /// <summary>The Euclidean norm of the gradient gathered since <see cref="ZeroGradient"/>.</summary>
    double GradientNorm();

    /// <summary>Multiplies the gradient: how a trainer clips it.</summary>
    /// <param name="factor">The factor.</param>
    void ScaleGradient(double factor);

    /// <summary>Moves the weights against the gradient with the policy's optimizer, and sets the gradient to zero.</summary>
    /// <param name="learningRate">The learning rate of this step.</param>
    void OptimizerStep(double learningRate);

    /// <summary>Forgets the gradient.</summary>
    void ZeroGradient();

    /// <summary>Writes the state of the optimizer: with the weights, all that going on bit for bit needs.</summary>
    /// <param name="destination">Where to; stays open.</param>
    void SaveOptimizer(Stream destination);

    /// <summary>Reads what <see cref="SaveOptimizer"/> of a policy of the same kind, size and optimizer wrote.</summary>
    /// <param name="source">Where from; stays open.</param>
    /// <exception cref="InvalidDataException">It is something else, cut, or of another optimizer.</exception>
    void LoadOptimizer(Stream source);
}

/// <summary>Log-probabilities of a batch, and the way back to the weights.</summary>
public interface IForwardPass : IDisposable
{
    /// <summary>log π(completion | prompt) of each sequence: summed, in nats.</summary>
    ReadOnlySpan<double> LogProbabilities { get; }

    /// <summary>Adds Σ weight · ∂ log π / ∂θ to the policy's gradient. Once for each pass.</summary>
    /// <param name="weights">The derivative of the objective with respect to each sequence's log-probability.</param>
    /// <exception cref="ArgumentException">There are more or fewer weights than sequences.</exception>
    void Backward(ReadOnlySpan<double> weights);
}
