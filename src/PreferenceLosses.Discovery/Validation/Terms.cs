using System.Collections.Immutable;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Validation;

/// <summary>What an input of an objective is there for.</summary>
internal enum Role
{
    /// <summary>What training changes. An objective that does not depend on it trains nothing.</summary>
    Trained,

    /// <summary>What the trained inputs are measured against and cannot be left out: targets.</summary>
    Target,

    /// <summary>What an objective may leave out: the reference.</summary>
    Optional,
}

/// <summary>An input: its column, and the name that it has in the text of an objective.</summary>
/// <param name="Column">The column of the batch.</param>
/// <param name="Parameter">The parameter of the function.</param>
/// <param name="Role">What it is there for.</param>
internal sealed record Term(string Column, string Parameter, Role Role);

/// <summary>What the rungs have to know of a domain: how it is read, what its objectives see, what they are looked at with, and how a person speaks of it.</summary>
internal sealed record Terms
{
    /// <summary>What a row is: "pair".</summary>
    public required string Row { get; init; }

    /// <summary>The inputs.</summary>
    public required ImmutableArray<Term> Inputs { get; init; }

    /// <summary>Reads a text.</summary>
    public required Func<string, LossCodeOptions, LossCodeResult> Read { get; init; }

    /// <summary>The batches on which losses and gradients have to be finite, the ordinary ones first.</summary>
    public required ImmutableArray<Probe> Probes { get; init; }

    /// <summary>What matters of a row, for a message: "ρ = −1000".</summary>
    public required Func<Probe, int, string> Describe { get; init; }

    /// <summary>What an optional input that has no influence means.</summary>
    public string WithoutOptional { get; init; } = "";

    /// <summary>What an objective is like, in sentences, and what of it is worth a note.</summary>
    public required Func<Candidate, Portrait> Portrait { get; init; }
}

/// <summary>What an objective is like.</summary>
/// <param name="Sentences">A sentence for each property.</param>
/// <param name="Defects">What is wrong with it though it can be trained with.</param>
internal sealed record Portrait(ImmutableArray<string> Sentences, ImmutableArray<string> Defects);
