using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>What the validation of a proposal found.</summary>
/// <param name="Objective">The objective; null if a finding is an error.</param>
/// <param name="Findings">What was found, rung by rung. Every message says the cause and what to write instead, in words that a language model can act on.</param>
public sealed record ValidationReport(Objective? Objective, ImmutableArray<ValidationFinding> Findings)
{
    /// <summary>The number of the earlier objective that is the same function, or the same up to scaling and shifting; null if there is none. A duplicate has no objective.</summary>
    public int? DuplicateOf { get; init; }

    /// <summary>The property card, a sentence for each property, for the model and the report; empty if the proposal did not get so far.</summary>
    public ImmutableArray<string> Properties { get; init; } = [];
}

/// <summary>Something that a rung of the validation found.</summary>
/// <param name="Rung">The identifier of the rung, in kebab-case: <c>syntax</c>, <c>shape</c>, <c>finite-single</c>.</param>
/// <param name="IsError">Whether the proposal is refused for it; otherwise it is a note.</param>
/// <param name="Message">What was found, why it matters, and what to do.</param>
public sealed record ValidationFinding(string Rung, bool IsError, string Message);
