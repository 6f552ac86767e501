namespace PreferenceLosses.Training;

/// <summary>
/// Sets examples apart that are not trained on. A hash of the prompt decides, so the same prompt is never on both sides, an example stays on its side when data is
/// added or reordered, and nothing has to be held in memory. An example without a prompt is decided by its completions.
/// </summary>
public sealed record PromptSplit
{
    /// <summary>A split.</summary>
    /// <param name="heldOut">The share of prompts to set apart, from 0 to 1. Of n different prompts about n times this are, give or take √n/2.</param>
    /// <param name="seed">Which ones: another seed is another choice.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    public PromptSplit(double heldOut, ulong seed)
    {
        if (!(heldOut is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(heldOut), heldOut, "The share that is held out has to be from 0 to 1.");
        }

        HeldOut = heldOut;
        Seed = seed;
    }

    /// <summary>The share of prompts that is set apart.</summary>
    public double HeldOut { get; }

    /// <summary>Which prompts are.</summary>
    public ulong Seed { get; }

    /// <summary>Whether an example is set apart; the same on every machine.</summary>
    /// <param name="example">The example.</param>
    public bool IsHeldOut(TextExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        using var hash = new StableHash();
        hash.Add(Seed);
        hash.Add(example.Prompt);
        if (example.Prompt.Length == 0)
        {
            foreach (var completion in example.Completions.Order(StringComparer.Ordinal))
            {
                hash.Add(completion);
            }
        }

        // The upper 53 bits, as a number from 0 to below 1.
        return (hash.Finish() >> 11) * (1.0 / (1UL << 53)) < HeldOut;
    }

    /// <summary>Whether an example is trained on: it is not set apart.</summary>
    /// <param name="example">The example.</param>
    public bool IsTrainedOn(TextExample example) => !IsHeldOut(example);
}
