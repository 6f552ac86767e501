namespace PreferenceLosses.Analysis;

/// <summary>Which common shifts of two columns a loss does not notice. Shifting all four is shifting the policy and the reference.</summary>
[Flags]
public enum Invariance
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Of the chosen completion's log-probabilities under both models: the loss sees their log-ratio only.</summary>
    Chosen = 1,

    /// <summary>Of the rejected completion's.</summary>
    Rejected = 2,

    /// <summary>Of the policy's log-probabilities of both completions: the loss sees their margin only.</summary>
    Policy = 4,

    /// <summary>Of the reference's.</summary>
    Reference = 8,

    /// <summary>A function of the two log-ratios.</summary>
    LogRatios = Chosen | Rejected,

    /// <summary>A function of the policy's margin and the reference's.</summary>
    Margins = Policy | Reference,

    /// <summary>A function of the log-ratio difference ρ alone.</summary>
    Difference = LogRatios | Margins,
}

/// <summary>Whether a loss is a function of ρ alone, and which shifts it is proven not to notice.</summary>
/// <param name="Verdict">Whether it is a function of ρ alone, as far as log-probabilities go.</param>
/// <param name="Explanation">The answer in words.</param>
/// <param name="Witness">Two rows that differ by a shift, with different losses.</param>
/// <param name="Ignored">The shifts that are proven to cancel.</param>
public sealed record ShiftFinding(Verdict Verdict, string Explanation, Witness? Witness, Invariance Ignored) : Finding(Verdict, Explanation, Witness);
