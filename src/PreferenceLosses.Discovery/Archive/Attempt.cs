using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>An attempt to get a proposal: a question, and the repairs that were asked for.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Turns">Its turns.</param>
public sealed record Attempt(int Number, ImmutableArray<AttemptTurn> Turns);

/// <summary>A turn of an attempt: a prompt, and what came of it.</summary>
/// <param name="Shown">The numbers of the objectives that the prompt showed.</param>
public sealed record AttemptTurn(ImmutableArray<int> Shown)
{
    /// <summary>The reply; null if there is none yet.</summary>
    public ReplyReceived? Reply { get; init; }

    /// <summary>What was proposed; null if there is no reply yet, or it could not be read.</summary>
    public Proposal? Proposal { get; init; }

    /// <summary>What the validation found.</summary>
    public ImmutableArray<ValidationFinding> Findings { get; init; } = [];

    /// <summary>Whether it was refused.</summary>
    public bool IsRejected { get; init; }

    /// <summary>The number of the earlier objective that was proposed again; null if it was not one.</summary>
    public int? DuplicateOf { get; init; }

    /// <summary>The number of the objective that it became; null if it became none.</summary>
    public int? Number { get; init; }

    /// <summary>Whether it is known what came of the reply.</summary>
    internal bool HasVerdict => IsRejected || DuplicateOf is not null || Number is not null;
}

/// <summary>What a model has used.</summary>
/// <param name="Replies">Replies.</param>
/// <param name="RepliesWithoutTokens">Those among them whose tokens the service did not say.</param>
/// <param name="InputTokens">Tokens of prompts.</param>
/// <param name="OutputTokens">Tokens of replies.</param>
/// <param name="Cost">Their cost, by the prices of the options.</param>
public sealed record ModelUse(int Replies, int RepliesWithoutTokens, long InputTokens, long OutputTokens, decimal Cost)
{
    /// <summary>Tokens of both.</summary>
    public long Tokens => InputTokens + OutputTokens;

    internal ModelUse And(ReplyReceived reply) => new(
        Replies + 1,
        RepliesWithoutTokens + (reply is { InputTokens: not null, OutputTokens: not null } ? 0 : 1),
        InputTokens + (reply.InputTokens ?? 0),
        OutputTokens + (reply.OutputTokens ?? 0),
        Cost + (reply.Cost ?? 0));
}
