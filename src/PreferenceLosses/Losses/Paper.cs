namespace PreferenceLosses.Losses;

/// <summary>Where a loss was published.</summary>
/// <param name="Title">The title.</param>
/// <param name="ArXiv">The arXiv identifier.</param>
/// <param name="Location">Equation, table or appendix; empty where it was not looked up.</param>
public sealed record Paper(string Title, string ArXiv, string Location)
{
    internal static Paper Dpo(string location) =>
        new("Direct Preference Optimization: Your Language Model is Secretly a Reward Model", "2305.18290", location);

    internal static Paper Rso(string location) =>
        new("Statistical Rejection Sampling Improves Preference Optimization", "2309.06657", location);

    internal static Paper Ipo(string location) =>
        new("A General Theoretical Paradigm to Understand Learning from Human Preferences", "2310.12036", location);

    internal static Paper Gpo(string location) =>
        new("Generalized Preference Optimization: A Unified Approach to Offline Alignment", "2402.05749", location);

    internal static Paper DiscoPop(string location) =>
        new("Discovering Preference Optimization Algorithms with and for Large Language Models", "2406.08414", location);
}
