using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>
/// The discovery of objectives by a language model: it proposes one, the proposal is read and checked, trained with and scored, and the model is told. Algorithm 1 of
/// Lu et al. 2024 (arXiv 2406.08414).
/// </summary>
/// <remarks>
/// <para>
/// Everything that happens is an event in the archive before anything follows from it, and every decision and every prompt follows from the archive. So a run that was
/// killed, at whatever point, goes on as if it had not been: no paid reply and no score that reached the disk is asked for again. What was under way is done again: a reply that was
/// on its way, a training.
/// </para>
/// <para>Established objectives are scored first, with all seeds. Proposals are scored in rounds (<see cref="DiscoveryOptions.SeedRounds"/>), and given up when they are behind.</para>
/// </remarks>
public sealed class DiscoveryRun
{
    private readonly IObjectiveDomain domain;
    private readonly IObjectiveEvaluator evaluator;
    private readonly IChatClient model;
    private readonly DiscoveryOptions options;

    /// <summary>A run.</summary>
    /// <param name="domain">What is searched.</param>
    /// <param name="evaluator">Says how good an objective is.</param>
    /// <param name="model">Proposes. Retries, limits of rate and the like are its own affair: an exception of it ends <see cref="RunAsync"/>, and the run can be gone on with.</param>
    /// <param name="options">The choices; the defaults if left out.</param>
    public DiscoveryRun(IObjectiveDomain domain, IObjectiveEvaluator evaluator, IChatClient model, DiscoveryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(evaluator);
        ArgumentNullException.ThrowIfNull(model);
        this.domain = domain;
        this.evaluator = evaluator;
        this.model = model;
        this.options = options ??= new();
        if (domain.Established.IsEmpty)
        {
            throw new ArgumentException($"The domain '{domain.Name}' has no established objective to compare with.", nameof(domain));
        }

        if (options is { MaximumCost: not null, Prices: null })
        {
            throw new ArgumentException("There is a limit of money, and it is not said what tokens cost.", nameof(options));
        }

        if (options.Confirmation.FirstOrDefault(stage =>
            stage.Evaluator.Fingerprint == evaluator.Fingerprint && stage.Seeds.Any(seed => seed - options.Seed < (ulong)options.SeedRounds[^1])) is { } again)
        {
            throw new ArgumentException($"The stage '{again.Name}' of the confirmation has the evaluator and seeds of the search, which the best was picked by.", nameof(options));
        }
    }

    /// <summary>Runs to the end, from the beginning or from where the archive ends.</summary>
    /// <param name="path">The archive; it is made if it is not there.</param>
    /// <param name="progress">Is told of every event of this call, once it is on the disk.</param>
    /// <param name="cancellationToken">Stops the run, which can be gone on with.</param>
    /// <returns>What the run came to.</returns>
    /// <exception cref="InvalidDataException">The archive is something else, is damaged, or is of another run: the message says what differs.</exception>
    /// <exception cref="IOException">Another run has the archive, or it cannot be written to.</exception>
    /// <exception cref="EvaluatorException">An objective could not be scored, through no fault of its own.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<RunState> RunAsync(string path, IProgress<DiscoveryProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var archive = RunArchive.Open(path);
        var session = new Session(this, archive, progress, cancellationToken);
        Begin(path, session);
        await session.BurnInAsync().ConfigureAwait(false);
        await session.SearchAsync().ConfigureAwait(false);
        await session.ConfirmAsync().ConfigureAwait(false);
        return archive.State;
    }

    private void Begin(string path, Session session)
    {
        var identity = RunIdentity.Of(domain, evaluator, model, options);
        if (session.State.Start is not { } start)
        {
            session.Append(new RunStarted(RunStarted.CurrentFormat, identity, evaluator.Description));
        }
        else if (RunIdentity.Differences(start.Identity, identity) is { } differences)
        {
            throw new InvalidDataException($"'{path}' is the archive of another run: {differences}. Go on with what it was begun with, or take another file.");
        }
    }

    /// <summary>A call of <see cref="RunAsync"/>.</summary>
    private sealed class Session(DiscoveryRun run, RunArchive archive, IProgress<DiscoveryProgress>? progress, CancellationToken cancellationToken)
    {
        private readonly DiscoveryOptions options = run.options;
        private readonly long began = run.options.Clock.GetTimestamp();
        private readonly List<Objective> objectives = [];

        public RunState State => archive.State;

        public void Append(DiscoveryEvent value)
        {
            var written = archive.Append(value with { Time = options.Clock.GetUtcNow() });
            progress?.Report(new(written, archive.State));
        }

        public async Task BurnInAsync()
        {
            // The formulas of an archive are those of its texts.
            foreach (var one in State.Objectives)
            {
                objectives.Add(Read(one));
            }

            foreach (var proposal in run.domain.Established.Skip(State.Objectives.Length))
            {
                var report = run.domain.Validate(proposal, State.Objectives.Length + 1, objectives);
                var objective = report.Objective
                    ?? throw new InvalidOperationException($"The established objective '{proposal.Name}' of the domain '{run.domain.Name}' is not valid: {Errors(report)}");
                Accept(null, proposal, objective, report);
            }

            foreach (var objective in objectives.ToArray())
            {
                await SettleAsync(objective).ConfigureAwait(false);
            }
        }

        public async Task SearchAsync()
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var attempt = State.Attempts.IsEmpty ? null : State.Attempts[^1];
                var turn = attempt?.Turns[^1];
                if (turn is { Reply: { } reply, HasVerdict: false })
                {
                    Judge(attempt!.Number, attempt.Turns.Length - 1, reply);
                    if (State.Attempts[^1].Turns[^1].Number is { } number)
                    {
                        await SettleAsync(objectives[number - 1]).ConfigureAwait(false);
                    }

                    continue;
                }

                var asksAgain = turn is { Reply: null };
                var repairs = !asksAgain && turn is { IsRejected: true } && attempt!.Turns.Length <= options.MaximumRepairs;
                var stop = StopRule.Of(State, options, options.Clock.GetElapsedTime(began)) ?? (asksAgain || repairs ? null : StopRule.OfAttempts(State, options));
                if (stop is not null)
                {
                    if (State.Stop?.Reason != stop.Reason)
                    {
                        Append(stop);
                    }

                    return;
                }

                try
                {
                    await AskAsync(
                        asksAgain || repairs ? attempt!.Number : State.Attempts.Length + 1,
                        asksAgain ? attempt!.Turns.Length - 1 : repairs ? attempt!.Turns.Length : 0).ConfigureAwait(false);
                }
                catch (ChatModelException spent) when (spent.EndsSearch is { } reason)
                {
                    Append(new RunStopped(reason, spent.Message));
                    return;
                }
            }
        }

        /// <summary>Scores the best proposal, and the baseline, where the search has never been.</summary>
        public async Task ConfirmAsync()
        {
            if (State.BestProposal is not { } best)
            {
                return;
            }

            foreach (var stage in options.Confirmation)
            {
                if (State.Confirmations.Any(done => done.Number == best.Number && done.Stage == stage.Name))
                {
                    continue;
                }

                foreach (var number in (int[])[1, best.Number])
                {
                    var done = State.Objective(number)!.ConfirmationScores.GetValueOrDefault(stage.Name, []);
                    var missing = stage.Seeds.Except(done.Select(score => score.Seed));
                    await EvaluateAsync(stage.Evaluator, objectives[number - 1], stage.Name, [.. missing]).ConfigureAwait(false);
                }

                Append(new ObjectiveConfirmed(best.Number, stage.Name, ConfirmationText(State.Objective(best.Number)!, State.Objective(1)!, stage.Name)));
            }
        }

        private static string ConfirmationText(ScoredObjective one, ScoredObjective baseline, string stage)
        {
            var scores = one.ConfirmationScores[stage];
            return scores.FirstOrDefault(score => score.Score is null) is { } failed
                ? $"no fitness: {failed.Failure}"
                : FitnessText.Of(one with { Scores = scores }, baseline with { Scores = baseline.ConfirmationScores[stage] });
        }

        private async Task AskAsync(int attempt, int turn)
        {
            // A turn that was not answered is asked again from what was known before it.
            var isBegun = attempt == State.Attempts.Length;
            var before = isBegun ? State.WithoutLastAttempt() : State;
            var context = options.Context.Prompt(before);
            var messages = ImmutableArray.CreateBuilder<PromptMessage>();
            messages.Add(new(PromptText.System, $"{run.domain.Instructions}\n\n{PromptText.Rules(State.Start!.Score)}"));
            messages.AddRange(context.Messages);
            foreach (var earlier in isBegun ? State.Attempts[^1].Turns.Take(turn) : [])
            {
                messages.Add(new(PromptText.Assistant, PromptText.Said(earlier, withThought: true)));
                messages.Add(new(PromptText.User, PromptText.Outcome(State, earlier) + PromptText.Correct));
            }

            var prompt = messages.ToImmutable();
            var isWritten = isBegun && turn < State.Attempts[^1].Turns.Length && State.LastPrompt.SequenceEqual(prompt);
            if (!isWritten)
            {
                var kept = State.LastPrompt.Zip(prompt).TakeWhile(pair => pair.First == pair.Second).Count();
                Append(new PromptWritten(attempt, turn, kept, prompt[kept..], context.Shown));
            }

            var response = await run.model.GetResponseAsync(
                prompt.Select(message => TrainingPicture.Sent(State, message)),
                new ChatOptions
                {
                    Temperature = options.Temperature,
                    MaxOutputTokens = options.MaximumReplyTokens,
                    ResponseFormat = ChatResponseFormat.Json,

                    // Equal prompts, as the best of N has them, are to give different replies.
                    Seed = SamplingSeed(attempt, turn),
                },
                cancellationToken).ConfigureAwait(false);
            var (input, output) = (response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount);
            var cost = options.Prices is { } prices && input is { } i && output is { } o ? prices.CostOf(i, o) : (decimal?)null;
            Append(new ReplyReceived(attempt, turn, response.Text, response.FinishReason?.Value, input, output, cost));
        }

        /// <summary>31 bits, which every service takes.</summary>
        private long SamplingSeed(int attempt, int turn) =>
            (long)(new Training.RandomStream(options.Seed).Fork((ulong)attempt).Fork((ulong)turn).NextUInt64() >> 33);

        private void Judge(int attempt, int turn, ReplyReceived reply)
        {
            var reading = ReplyReader.Read(reply.Text);
            if (reading.Proposal is not { } proposal)
            {
                Append(new ProposalRejected(attempt, turn, null, [new("reply", IsError: true, reading.Reason!)]));
                return;
            }

            var report = run.domain.Validate(proposal, State.Objectives.Length + 1, objectives);
            if (report.DuplicateOf is { } earlier)
            {
                Append(new DuplicateProposed(attempt, turn, proposal, earlier, report.Findings));
            }
            else if (report.Objective is { } objective)
            {
                Accept(attempt, proposal, objective, report);
            }
            else
            {
                Append(new ProposalRejected(attempt, turn, proposal, report.Findings));
            }
        }

        private void Accept(int? attempt, Proposal proposal, Objective objective, ValidationReport report)
        {
            Append(new ObjectiveAccepted(State.Objectives.Length + 1, attempt, objective.Name, proposal, report.Findings, report.Properties));
            objectives.Add(objective);
        }

        /// <summary>Scores an objective with as many seeds as it takes.</summary>
        private async Task SettleAsync(Objective objective)
        {
            while (State.Objective(objective.Number) is { IsSettled: false } one)
            {
                var seeds = SeedRace.Next(State, one, options);
                if (seeds.IsEmpty)
                {
                    Append(new ObjectiveSettled(one.Number, FitnessText.Of(one, State.Objective(1))));
                }
                else
                {
                    await EvaluateAsync(run.evaluator, objective, null, seeds).ConfigureAwait(false);
                }
            }
        }

        /// <summary>Seeds at once, each written when it is done: a training of hours is not lost with one that takes longer. Nothing that follows depends on which was first.</summary>
        private async Task EvaluateAsync(IObjectiveEvaluator evaluator, Objective objective, string? stage, ImmutableArray<ulong> seeds)
        {
            using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = seeds.Select(ScoreAsync).ToArray();
            try
            {
                Task<SeedScore>? failed = null;
                await foreach (var ended in Task.WhenEach(running).ConfigureAwait(false))
                {
                    if (ended.IsCompletedSuccessfully)
                    {
                        Append(new SeedEvaluated(objective.Number, stage, await ended.ConfigureAwait(false)));
                    }
                    else if (failed is null)
                    {
                        // Nobody will ask for the others; those that are done all the same are written.
                        failed = ended;
                        await others.CancelAsync().ConfigureAwait(false);
                    }
                }

                if (failed is not null)
                {
                    await failed.ConfigureAwait(false);
                }
            }
            catch
            {
                // It may have been the writing that failed.
                await others.CancelAsync().ConfigureAwait(false);
                Task all = Task.WhenAll(running);
                await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            async Task<SeedScore> ScoreAsync(ulong seed)
            {
                var scores = await evaluator.EvaluateAsync(objective, [seed], others.Token).ConfigureAwait(false);
                return scores is [{ } score] && score.Seed == seed
                    ? score
                    : throw new EvaluatorException($"The evaluator was asked to score the objective {objective.Number} with the seed {seed}, and gave {scores.Length} scores, or one of another seed.");
            }
        }

        private Objective Read(ScoredObjective one)
        {
            var report = run.domain.Validate(one.Proposal, one.Number, []);
            return report.Objective is { } objective
                ? objective with { Name = one.Name }
                : throw new InvalidDataException(
                    $"The objective {one.Number} of the archive was valid when it was proposed, and this version does not accept it: {Errors(report)} Go on with the version that wrote the archive.");
        }

        private static string Errors(ValidationReport report) => string.Join(' ', report.Findings.Where(finding => finding.IsError).Select(finding => finding.Message));
    }
}

/// <summary>What a run reports while it goes on.</summary>
/// <param name="Event">What happened.</param>
/// <param name="State">What is known with it.</param>
public sealed record DiscoveryProgress(DiscoveryEvent Event, RunState State);
