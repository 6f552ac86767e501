namespace PreferenceLosses.Discovery;

/// <summary>What a language model proposed. All three texts are untrusted: they may hold anything, and are to be read, never executed, and never used as a path.</summary>
/// <param name="Thought">Why the model proposes it; may be empty.</param>
/// <param name="Name">Its name for it; may be empty.</param>
/// <param name="Code">The PyTorch text.</param>
public sealed record Proposal(string Thought, string Name, string Code);
