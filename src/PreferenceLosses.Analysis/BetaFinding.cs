namespace PreferenceLosses.Analysis;

/// <summary>What β does.</summary>
public enum BetaUse
{
    /// <summary>The loss has no β.</summary>
    Unused,

    /// <summary>It chooses the unit of the log-probabilities and nothing else: the loss is f(βρ).</summary>
    FunctionOfScaled,

    /// <summary>The loss is a power of β times a function of the log-probabilities scaled by β, as IPO: β^(−2)·f(βρ).</summary>
    PowerTimesFunctionOfScaled,

    /// <summary>Something else: a margin or a gate in nats, say, that β does not move; or nothing else is proven.</summary>
    NotHomogeneous,
}

/// <summary>What β does to a loss.</summary>
/// <param name="Verdict">Whether the loss is proven to be a power of β times a function of scaled log-probabilities.</param>
/// <param name="Explanation">The answer in words.</param>
/// <param name="Witness">An observation, and one with another β and log-probabilities scaled against it.</param>
/// <param name="Use">What β does, as far as it is known.</param>
/// <param name="Degree">The power of β in front; null where there is none.</param>
public sealed record BetaFinding(Verdict Verdict, string Explanation, Witness? Witness, BetaUse Use, double? Degree) : Finding(Verdict, Explanation, Witness);
