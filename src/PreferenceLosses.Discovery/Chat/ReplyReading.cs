namespace PreferenceLosses.Discovery;

/// <summary>What was found in a reply: a proposal, or why there is none.</summary>
/// <param name="Proposal">The proposal; null if none was found.</param>
/// <param name="Reason">Why there is none, and what to write instead, for the language model; null if there is one.</param>
public sealed record ReplyReading(Proposal? Proposal, string? Reason)
{
    internal static ReplyReading Of(Proposal proposal) => new(proposal, null);

    internal static ReplyReading Without(string reason) => new(null, reason);
}
