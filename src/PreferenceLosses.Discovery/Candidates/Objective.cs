namespace PreferenceLosses.Discovery;

/// <summary>An objective that is to be scored: its text, and the formula that was read from it.</summary>
/// <param name="Number">Its number in the run, from 1; the established losses of the burn-in have the first ones.</param>
/// <param name="Name">A name for people, in kebab-case, at most 64 characters: safe to show, not to be used as a path.</param>
/// <param name="Code">The PyTorch text, as it was read.</param>
/// <param name="Loss">The formula. Its columns are those of the run's domain: of pairs, or <c>logits</c> and <c>target</c>.</param>
public sealed record Objective(int Number, string Name, string Code, IPreferenceLoss Loss);
