namespace PreferenceLosses.Training;

/// <summary>A completion after its prompt, as tokens: what a policy gives a probability to.</summary>
/// <param name="Prompt">What comes before; only context, its own probability is not counted. May be empty.</param>
/// <param name="Completion">The tokens whose probability is meant, the one that ends the completion included; not empty.</param>
public readonly record struct TokenSequence(ReadOnlyMemory<int> Prompt, ReadOnlyMemory<int> Completion);
