using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace PreferenceLosses.Discovery;

/// <summary>Something that happened in a run: a line of its archive. All that a run knows follows from its events.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(RunStarted), "run.started")]
[JsonDerivedType(typeof(ObjectiveAccepted), "accepted")]
[JsonDerivedType(typeof(PromptWritten), "prompt")]
[JsonDerivedType(typeof(ReplyReceived), "reply")]
[JsonDerivedType(typeof(ProposalRejected), "rejected")]
[JsonDerivedType(typeof(DuplicateProposed), "duplicate")]
[JsonDerivedType(typeof(SeedEvaluated), "evaluated")]
[JsonDerivedType(typeof(ObjectiveSettled), "settled")]
[JsonDerivedType(typeof(RunStopped), "stopped")]
[JsonDerivedType(typeof(ObjectiveConfirmed), "confirmed")]
public abstract record DiscoveryEvent
{
    private protected DiscoveryEvent()
    {
    }

    /// <summary>When it was written. For people: nothing is decided by it.</summary>
    public DateTimeOffset Time { get; init; }
}

/// <summary>A run began.</summary>
/// <param name="Format">The version of the archive's form.</param>
/// <param name="Identity">What decides on the course of the run, by name: a run is gone on with only where all of it is the same.</param>
/// <param name="Score">What the score is: <see cref="IObjectiveEvaluator.Description"/>.</param>
public sealed record RunStarted(int Format, ImmutableSortedDictionary<string, string> Identity, string Score) : DiscoveryEvent
{
    /// <summary>The form that this version writes.</summary>
    public const int CurrentFormat = 1;
}

/// <summary>An objective is valid and has a number: one of the established ones, or a proposal.</summary>
/// <param name="Number">Its number, from 1 without gaps.</param>
/// <param name="Attempt">The attempt that proposed it, from 1; null for an established one.</param>
/// <param name="Name">The name that is safe to show.</param>
/// <param name="Proposal">What was proposed; untrusted.</param>
/// <param name="Findings">The notes of the validation.</param>
/// <param name="Properties">The property card.</param>
public sealed record ObjectiveAccepted(
    int Number, int? Attempt, string Name, Proposal Proposal, ImmutableArray<ValidationFinding> Findings, ImmutableArray<string> Properties) : DiscoveryEvent;

/// <summary>The model is about to be asked.</summary>
/// <param name="Attempt">The attempt, from 1.</param>
/// <param name="Turn">The turn of the attempt: 0, and from 1 the repairs.</param>
/// <param name="Kept">How many messages of the prompt before this one it begins with.</param>
/// <param name="Messages">The messages after those.</param>
/// <param name="Shown">The numbers of the objectives that the prompt shows, ascending.</param>
public sealed record PromptWritten(int Attempt, int Turn, int Kept, ImmutableArray<PromptMessage> Messages, ImmutableArray<int> Shown) : DiscoveryEvent;

/// <summary>A message of a prompt.</summary>
/// <param name="Role">system, user or assistant.</param>
/// <param name="Text">The text.</param>
public sealed record PromptMessage(string Role, string Text)
{
    /// <summary>The number of the objective whose training curves go with it as a picture; null for no picture. The picture follows from the archive, and is not in it.</summary>
    public int? Picture { get; init; }
}

/// <summary>The model answered, and the answer is paid. It is written before anything is done with it.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Turn">The turn.</param>
/// <param name="Text">The answer; untrusted.</param>
/// <param name="FinishReason">Why it ended, as the service says: <c>stop</c>, <c>length</c>; null if it does not say.</param>
/// <param name="InputTokens">Tokens of the prompt; null if the service does not say.</param>
/// <param name="OutputTokens">Tokens of the answer; null if the service does not say.</param>
/// <param name="Cost">What it cost by the prices of the options; null without prices or tokens.</param>
public sealed record ReplyReceived(
    int Attempt, int Turn, string Text, string? FinishReason, long? InputTokens, long? OutputTokens, decimal? Cost) : DiscoveryEvent;

/// <summary>A reply holds no valid proposal.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Turn">The turn.</param>
/// <param name="Proposal">What was proposed; null if the reply could not be read.</param>
/// <param name="Findings">Why it is refused.</param>
public sealed record ProposalRejected(int Attempt, int Turn, Proposal? Proposal, ImmutableArray<ValidationFinding> Findings) : DiscoveryEvent;

/// <summary>A proposal is an earlier objective again. It is not trained with.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Turn">The turn.</param>
/// <param name="Proposal">What was proposed; untrusted.</param>
/// <param name="Of">The number of the earlier one.</param>
/// <param name="Findings">What the validation says.</param>
public sealed record DuplicateProposed(int Attempt, int Turn, Proposal Proposal, int Of, ImmutableArray<ValidationFinding> Findings) : DiscoveryEvent;

/// <summary>An objective was scored with a seed.</summary>
/// <param name="Number">The objective.</param>
/// <param name="Stage">The stage of the confirmation; null in the search.</param>
/// <param name="Score">The score.</param>
public sealed record SeedEvaluated(int Number, string? Stage, SeedScore Score) : DiscoveryEvent;

/// <summary>An objective will not be scored any further in the search: it counts.</summary>
/// <param name="Number">The objective.</param>
/// <param name="Feedback">What the model is told about its fitness.</param>
public sealed record ObjectiveSettled(int Number, string Feedback) : DiscoveryEvent;

/// <summary>The search ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">Why, in a sentence.</param>
public sealed record RunStopped(StopReason Reason, string Message) : DiscoveryEvent;

/// <summary>Why a search ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StopReason>))]
public enum StopReason
{
    /// <summary>As many proposals were scored as were asked for.</summary>
    Generations,

    /// <summary>As many proposals were asked for as are allowed, scored or not.</summary>
    Attempts,

    /// <summary>The tokens are used up.</summary>
    Tokens,

    /// <summary>The money is used up.</summary>
    Cost,

    /// <summary>The time is used up.</summary>
    Time,

    /// <summary>The best has not become better for as many proposals as were asked for.</summary>
    Converged,

    /// <summary>There is a limit of tokens or money, and the service does not say how many tokens it used.</summary>
    UnknownUse,
}

/// <summary>A stage of the confirmation is done for an objective.</summary>
/// <param name="Number">The objective.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Result">What came out, in a sentence.</param>
public sealed record ObjectiveConfirmed(int Number, string Stage, string Result) : DiscoveryEvent;
