using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace PreferenceLosses.Discovery;

/// <summary>Whether a run goes the same way again.</summary>
/// <param name="IsSame">Whether it does, as far as the archive reaches.</param>
/// <param name="Message">What was compared, or where it goes another way.</param>
public sealed record RunReplay(bool IsSame, string Message)
{
    private const string ConfirmationPrefix = "confirmation: ";
    private const string SeedsSeparator = ", seeds ";

    /// <summary>
    /// Runs a search again from its events: the model says what it said, the evaluator gives the scores that it gave, and everything else, prompts, readings, validations,
    /// decisions, is done anew and compared. Neither a model nor a trainer is needed.
    /// </summary>
    /// <param name="events">The events of the run; it need not have ended.</param>
    /// <param name="domain">The domain of the run.</param>
    /// <param name="options">The choices of the run. Its limits and its confirmation are taken from the events.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<RunReplay> CompareAsync(
        IReadOnlyList<DiscoveryEvent> events, IObjectiveDomain domain, DiscoveryOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(options);
        if (events is not [RunStarted start, ..])
        {
            return new RunReplay(true, "The run has not begun; there is nothing to compare.");
        }

        var path = Path.Combine(Path.GetTempPath(), $"preference-losses-replay-{Guid.NewGuid():N}.jsonl");
        try
        {
            using var model = new ScriptedReplies(start.Identity["model"], [.. events.OfType<ReplyReceived>()]);
            var evaluator = new ScriptedScores(start.Score, start.Identity["evaluator"], null, events);
            var interruption = new Interruption();
            var unlimited = options with
            {
                MaximumTokens = null,
                MaximumCost = null,
                Patience = null,
                MaximumGenerations = int.MaxValue,
                MaximumAttempts = int.MaxValue,
                MaximumTime = ScriptedClock.Over,
                Confirmation = Stages(start, events),
            };
            foreach (var (replies, isAnswered, end, written) in Calls(events))
            {
                if (written == interruption.Written)
                {
                    continue;
                }

                interruption.At = written;
                model.PlayUpTo(replies, end);
                var call = new DiscoveryRun(domain, evaluator, model, unlimited with { Clock = new ScriptedClock(() => end is not null && isAnswered && model.IsPlayed) });
                try
                {
                    await call.RunAsync(path, interruption, cancellationToken).ConfigureAwait(false);
                }
                catch (EndOfArchiveException)
                {
                    // The run was interrupted there.
                }
            }

            return Compare(InOrder(events), InOrder(RunArchive.ReadEvents(path)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>
    /// The calls that ended by a limit, and one that did not, if there was one: how many replies there were by then, whether the last question was answered, the end, and how many
    /// events were written before the next call. Limits may have been others each time and the clock is not repeated, so a call ends where it ended, and why is not compared.
    /// </summary>
    private static IEnumerable<(int Replies, bool IsAnswered, RunStopped? End, int Written)> Calls(IReadOnlyList<DiscoveryEvent> events)
    {
        var (replies, isAnswered, isOpen) = (0, true, true);
        foreach (var (i, one) in events.Index())
        {
            switch (one)
            {
                case PromptWritten:
                    (isAnswered, isOpen) = (false, true);
                    break;
                case ReplyReceived:
                    (replies, isAnswered, isOpen) = (replies + 1, true, true);
                    break;
                case RunStopped end:
                    isOpen = false;
                    var confirmation = events.Skip(i + 1).TakeWhile(after => after is not (PromptWritten or ReplyReceived or RunStopped)).Count();
                    yield return (replies, isAnswered, end, events.Take(i + 1 + confirmation).Count(IsCompared));
                    break;
            }
        }

        if (isOpen)
        {
            yield return (replies, isAnswered, null, events.Count(IsCompared));
        }
    }

    /// <summary>
    /// What is compared: not why calls ended, and scores in the order of their seeds, since which was there first follows from nothing. Those of a confirmation come last: it may have been
    /// interrupted anywhere before a later call searched on.
    /// </summary>
    private static DiscoveryEvent[] InOrder(IReadOnlyList<DiscoveryEvent> events)
    {
        var result = new List<DiscoveryEvent>();
        var together = new List<SeedEvaluated>();
        foreach (var one in events.Where(IsCompared))
        {
            if (one is SeedEvaluated score)
            {
                if (score.Stage is null)
                {
                    together.Add(score);
                }

                continue;
            }

            AddTogether();
            result.Add(one);
        }

        AddTogether();
        return
        [
            .. result,
            .. events.OfType<SeedEvaluated>().Where(score => score.Stage is not null)
                .OrderBy(score => score.Stage, StringComparer.Ordinal).ThenBy(score => score.Number).ThenBy(score => score.Score.Seed),
        ];

        void AddTogether()
        {
            result.AddRange(together.OrderBy(score => score.Number).ThenBy(score => score.Score.Seed));
            together.Clear();
        }
    }

    private static RunReplay Compare(DiscoveryEvent[] then, DiscoveryEvent[] now)
    {
        for (var i = 0; i < then.Length; i++)
        {
            var (before, after) = (Text(then[i]), i < now.Length ? Text(now[i]) : "nothing");
            if (before != after)
            {
                var at = before.AsSpan().CommonPrefixLength(after);
                var from = Math.Max(0, at - 40);
                return new RunReplay(false, string.Create(
                    CultureInfo.InvariantCulture,
                    $"Event {i + 1} of {then.Length} is another one: the archive has {UntrustedText.Quoted(before[from..], 160)}, the replay {UntrustedText.Quoted(after[Math.Min(from, after.Length)..], 160)}."));
            }
        }

        return new RunReplay(true, string.Create(CultureInfo.InvariantCulture, $"The run goes the same way: {then.Length} events are the same."));
    }

    private static bool IsCompared(DiscoveryEvent one) => one is not RunStopped;

    private static string Text(DiscoveryEvent one) => Encoding.UTF8.GetString(EventLine.Write(one with { Time = default }));

    /// <summary>The stages, with the fingerprints and seeds that the run was begun with.</summary>
    private static ImmutableArray<ConfirmationStage> Stages(RunStarted start, IReadOnlyList<DiscoveryEvent> events) =>
    [
        .. start.Identity.Where(one => one.Key.StartsWith(ConfirmationPrefix, StringComparison.Ordinal)).Select(one =>
        {
            var name = one.Key[ConfirmationPrefix.Length..];
            var at = one.Value.LastIndexOf(SeedsSeparator, StringComparison.Ordinal);
            return new ConfirmationStage(
                name,
                new ScriptedScores(start.Score, one.Value[..at], name, events),
                [.. one.Value[(at + SeedsSeparator.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(seed => ulong.Parse(seed, CultureInfo.InvariantCulture))]);
        }),
    ];

    /// <summary>The archive has no more: the run was interrupted there.</summary>
    private sealed class EndOfArchiveException : Exception;

    /// <summary>Ends a call where it was killed: its confirmation may not have been begun, or not have come to an end, before a later call searched on.</summary>
    private sealed class Interruption : IProgress<DiscoveryProgress>
    {
        public int At { private get; set; }

        public int Written { get; private set; }

        public void Report(DiscoveryProgress value)
        {
            if (IsCompared(value.Event) && ++Written == At)
            {
                throw new EndOfArchiveException();
            }
        }
    }

    /// <summary>Says what was said; and, where the budget was spent before a question was answered, that.</summary>
    private sealed class ScriptedReplies(string name, ImmutableArray<ReplyReceived> replies) : LocalChatClient(name)
    {
        private int next;
        private int last;
        private RunStopped? end;

        public bool IsPlayed => next == last;

        public void PlayUpTo(int count, RunStopped? stopped) => (last, end) = (count, stopped);

        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            if (IsPlayed)
            {
                throw end is null ? new EndOfArchiveException() : new ChatModelException(end.Message) { EndsSearch = end.Reason };
            }

            var reply = replies[next++];
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, reply.Text))
            {
                FinishReason = reply.FinishReason is { Length: > 0 } reason ? new ChatFinishReason(reason) : null,
                Usage = new UsageDetails { InputTokenCount = reply.InputTokens, OutputTokenCount = reply.OutputTokens },
            });
        }
    }

    /// <summary>A clock that stands still, and is past the limit once the run is where it ended.</summary>
    private sealed class ScriptedClock(Func<bool> isOver) : TimeProvider
    {
        private bool hasBegun;

        public static TimeSpan Over => TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            var isFirst = !hasBegun;
            hasBegun = true;
            return !isFirst && isOver() ? Over.Ticks : 0;
        }
    }

    /// <summary>Gives the scores that were given.</summary>
    private sealed class ScriptedScores(string description, string fingerprint, string? stage, IReadOnlyList<DiscoveryEvent> events) : IObjectiveEvaluator
    {
        public string Description => description;

        public string Fingerprint => fingerprint;

        // A run may have been interrupted between the scores of two seeds that were asked for at once: those that are there are given.
        public async Task<ImmutableArray<SeedScore>> EvaluateAsync(Objective objective, ImmutableArray<ulong> seeds, CancellationToken cancellationToken)
        {
            await Task.CompletedTask.ConfigureAwait(false);
            return [.. seeds.Select(seed => ScoreOf(objective.Number, seed))];
        }

        private SeedScore ScoreOf(int number, ulong seed) => events.OfType<SeedEvaluated>()
            .FirstOrDefault(one => one.Number == number && one.Stage == stage && one.Score.Seed == seed)?.Score ?? throw new EndOfArchiveException();
    }
}
