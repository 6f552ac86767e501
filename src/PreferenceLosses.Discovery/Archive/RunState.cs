using System.Collections.Immutable;

namespace PreferenceLosses.Discovery;

/// <summary>What is known of a run: a function of its events, and of nothing else.</summary>
public sealed record RunState
{
    /// <summary>Before the first event.</summary>
    public static RunState Empty { get; } = new();

    private RunState()
    {
    }

    /// <summary>How it began; null before that.</summary>
    public RunStarted? Start { get; private init; }

    /// <summary>All objectives by their numbers, the established ones first: number n stands at n − 1.</summary>
    public ImmutableArray<ScoredObjective> Objectives { get; private init; } = [];

    /// <summary>All attempts to get a proposal: attempt n stands at n − 1.</summary>
    public ImmutableArray<Attempt> Attempts { get; private init; } = [];

    /// <summary>The prompt that was written last, whole; empty before the first.</summary>
    public ImmutableArray<PromptMessage> LastPrompt { get; private init; } = [];

    /// <summary>What the model has used so far.</summary>
    public ModelUse Use { get; private init; } = new(0, 0, 0, 0, 0);

    /// <summary>How the search ended; null while it goes on.</summary>
    public RunStopped? Stop { get; private init; }

    /// <summary>The stages of the confirmation that are done.</summary>
    public ImmutableArray<ObjectiveConfirmed> Confirmations { get; private init; } = [];

    /// <summary>The best settled objective, established ones included; null before there is one.</summary>
    /// <remarks>
    /// An objective takes the place of another if it was scored with as many seeds and is better in the mean over them. One that was given up after fewer seeds, because it
    /// was behind, never does.
    /// </remarks>
    public ScoredObjective? Incumbent => Objectives.Aggregate((ScoredObjective?)null, Better);

    /// <summary>The best settled proposal; null if there is none with a score.</summary>
    public ScoredObjective? BestProposal => Objectives.Where(one => one.Attempt is not null).Aggregate((ScoredObjective?)null, Better);

    /// <summary>What all differences are to: the first of the established objectives, DPO say; null before it is settled.</summary>
    public ScoredObjective? Baseline => Objectives is [{ IsSettled: true } first, ..] ? first : null;

    /// <summary>How many proposals have been scored: the generations of the run. Attempts that gave nothing valid and new do not count.</summary>
    public int Generations => Objectives.Count(one => one is { Attempt: not null, IsSettled: true });

    /// <summary>How many generations have gone by since the incumbent became a better one.</summary>
    public int GenerationsWithoutImprovement
    {
        get
        {
            var incumbent = Incumbent;
            return Objectives.Count(one => one is { Attempt: not null, IsSettled: true } && (incumbent is null || one.Number > incumbent.Number));
        }
    }

    /// <summary>The state after another event.</summary>
    /// <param name="value">The event.</param>
    /// <exception cref="InvalidDataException">It does not follow from those before it.</exception>
    public RunState After(DiscoveryEvent value) => (Start, value) switch
    {
        (null, RunStarted started) => started.Format == RunStarted.CurrentFormat
            ? this with { Start = started }
            : throw new InvalidDataException($"The archive is of the format {started.Format}; this version reads {RunStarted.CurrentFormat}."),
        (null, _) or (_, RunStarted) => throw new InvalidDataException("A run starts once, and with that."),
        (_, ObjectiveAccepted accepted) => After(accepted),
        (_, PromptWritten prompt) => After(prompt),
        (_, ReplyReceived reply) => After(reply),
        (_, ProposalRejected rejected) => WithVerdict(rejected.Attempt, rejected.Turn, turn => turn with { Proposal = rejected.Proposal, Findings = rejected.Findings, IsRejected = true }),
        (_, DuplicateProposed duplicate) => Objective(duplicate.Of) is not null
            ? WithVerdict(duplicate.Attempt, duplicate.Turn, turn => turn with { Proposal = duplicate.Proposal, Findings = duplicate.Findings, DuplicateOf = duplicate.Of })
            : throw Unknown(duplicate.Of),
        (_, SeedEvaluated evaluated) => WithObjective(evaluated.Number, one => one.With(evaluated)),
        (_, ObjectiveSettled settled) => WithObjective(settled.Number, one => one with { Feedback = settled.Feedback }),
        (_, RunStopped stopped) => this with { Stop = stopped },
        (_, ObjectiveConfirmed confirmed) => Objective(confirmed.Number) is not null
            ? this with { Confirmations = Confirmations.Add(confirmed) }
            : throw Unknown(confirmed.Number),
        _ => throw new InvalidDataException($"{value.GetType().Name} is not known here."),
    };

    /// <summary>An objective by its number; null if there is none.</summary>
    /// <param name="number">The number, from 1.</param>
    public ScoredObjective? Objective(int number) => number >= 1 && number <= Objectives.Length ? Objectives[number - 1] : null;

    /// <summary>As it was when the last attempt was begun.</summary>
    internal RunState WithoutLastAttempt() => this with { Attempts = Attempts[..^1] };

    internal static ScoredObjective? Better(ScoredObjective? best, ScoredObjective one) =>
        one is not { IsSettled: true, Failure: null, Scores.IsEmpty: false } ? best : best is null || one.IsBetterThan(best) ? one : best;

    private RunState After(ObjectiveAccepted accepted)
    {
        if (accepted.Number != Objectives.Length + 1)
        {
            throw new InvalidDataException($"The objective {accepted.Number} follows {Objectives.Length}.");
        }

        var next = this with
        {
            Objectives = Objectives.Add(new(accepted.Number, accepted.Attempt, accepted.Name, accepted.Proposal) { Findings = accepted.Findings, Properties = accepted.Properties }),
        };
        return accepted.Attempt is { } attempt
            ? next.WithVerdict(attempt, null, turn => turn with { Proposal = accepted.Proposal, Findings = accepted.Findings, Number = accepted.Number })
            : next;
    }

    private RunState After(PromptWritten prompt)
    {
        if (prompt.Kept > LastPrompt.Length)
        {
            throw new InvalidDataException($"The prompt begins with {prompt.Kept} messages of the last one, which has {LastPrompt.Length}.");
        }

        var turn = new AttemptTurn(prompt.Shown);
        var last = Attempts.IsEmpty ? null : Attempts[^1];
        ImmutableArray<AttemptTurn> turns;
        if (prompt.Attempt == Attempts.Length + 1 && prompt.Turn == 0 && last is null or { Turns: [.., { HasVerdict: true }] })
        {
            return Prompted(Attempts.Add(new(prompt.Attempt, [turn])));
        }

        if (last is null || prompt.Attempt != last.Number)
        {
            throw new InvalidDataException($"The prompt is of attempt {prompt.Attempt}, turn {prompt.Turn}; {Attempts.Length} attempts have been made.");
        }

        if (prompt.Turn == last.Turns.Length && last.Turns[^1].IsRejected)
        {
            turns = last.Turns.Add(turn);
        }
        else if (prompt.Turn == last.Turns.Length - 1 && last.Turns[^1].Reply is null)
        {
            // It was not answered before the run was killed, and another version of the program writes another one.
            turns = last.Turns.SetItem(prompt.Turn, turn);
        }
        else
        {
            throw new InvalidDataException($"The prompt is of attempt {prompt.Attempt}, turn {prompt.Turn}, which does not follow from turn {last.Turns.Length - 1}.");
        }

        return Prompted(Attempts.SetItem(Attempts.Length - 1, last with { Turns = turns }));

        RunState Prompted(ImmutableArray<Attempt> attempts) => this with
        {
            Attempts = attempts,
            LastPrompt = [.. LastPrompt.Take(prompt.Kept), .. prompt.Messages],
            Stop = null,
        };
    }

    private RunState After(ReplyReceived reply)
    {
        var next = WithTurn(
            reply.Attempt,
            reply.Turn,
            turn => turn.Reply is null ? turn with { Reply = reply } : throw new InvalidDataException($"Attempt {reply.Attempt}, turn {reply.Turn}, has been answered."));
        return next with { Use = Use.And(reply), Stop = null };
    }

    private RunState WithVerdict(int attempt, int? turn, Func<AttemptTurn, AttemptTurn> change) => WithTurn(
        attempt,
        turn,
        one => one is { Reply: not null, HasVerdict: false }
            ? change(one)
            : throw new InvalidDataException($"Attempt {attempt} has no reply to judge."));

    /// <param name="attempt">The attempt, which has to be the last.</param>
    /// <param name="turn">The turn, which has to be the last; null for whichever that is.</param>
    /// <param name="change">What becomes of it.</param>
    private RunState WithTurn(int attempt, int? turn, Func<AttemptTurn, AttemptTurn> change)
    {
        if (Attempts.IsEmpty || attempt != Attempts.Length || (turn ?? Attempts[^1].Turns.Length - 1) != Attempts[^1].Turns.Length - 1)
        {
            throw new InvalidDataException($"Attempt {attempt}, turn {turn}, is not the one that was begun last.");
        }

        var last = Attempts[^1];
        return this with { Attempts = Attempts.SetItem(Attempts.Length - 1, last with { Turns = last.Turns.SetItem(last.Turns.Length - 1, change(last.Turns[^1])) }) };
    }

    private RunState WithObjective(int number, Func<ScoredObjective, ScoredObjective> change) => Objective(number) is { } one
        ? this with { Objectives = Objectives.SetItem(number - 1, change(one)) }
        : throw Unknown(number);

    private static InvalidDataException Unknown(int number) => new($"There is no objective {number}.");
}
