using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>A kind of objectives that can be searched: losses of preference pairs, or of logits and targets. The search itself knows none of them.</summary>
public interface IObjectiveDomain
{
    /// <summary>A name in kebab-case: <c>pairs</c>.</summary>
    string Name { get; }

    /// <summary>What the language model is asked to write: the signature, the inputs, the operations that are accepted, the form of the reply. The system prompt.</summary>
    string Instructions { get; }

    /// <summary>Established objectives for the burn-in, in the order in which the model is shown them.</summary>
    ImmutableArray<Proposal> Established { get; }

    /// <summary>Reads a proposal and finds out whether it can be trained with. Takes milliseconds, executes nothing, and throws for nothing that a text contains.</summary>
    /// <param name="proposal">The proposal.</param>
    /// <param name="number">The number that it gets if it is accepted.</param>
    /// <param name="earlier">The objectives of the run so far, among which to look for duplicates.</param>
    ValidationReport Validate(Proposal proposal, int number, IReadOnlyList<Objective> earlier);
}
