using Microsoft.Extensions.AI;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Search;

/// <summary>What a run does with what a model says.</summary>
public sealed class DiscoveryRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static DiscoveryOptions Options { get; } = new() { MaximumGenerations = 1, MaximumRepairs = 2, SeedRounds = [2, 4] };

    public void Dispose() => folder.Dispose();

    private Task<RunState> RunAsync(IChatClient model, DiscoveryOptions? options = null, ArithmeticEvaluator? evaluator = null, string archive = "run.jsonl") =>
        new DiscoveryRun(new SmallDomain(), evaluator ?? Evaluator(), model, options ?? Options).RunAsync(folder.PathOf(archive));

    private static ArithmeticEvaluator Evaluator() => new() { Quality = name => name switch { "worse" => -1, "better" => 1, "broken" => null, _ => 0 } };

    private static string Exp(string name, int factor) => ScriptedModel.Reply(name, $"torch.exp(-{factor} * x)");

    private static string LastMessage(ScriptedModel model, int prompt) => model.Prompts[prompt][^1].Text;

    [Fact]
    public async Task The_model_is_told_the_instructions_the_score_and_the_established_objectives_with_their_fitness()
    {
        var model = new ScriptedModel([Exp("one", 2)]);
        var state = await RunAsync(model);
        var prompt = Assert.Single(model.Prompts);
        Assert.Equal(ChatRole.System, prompt[0].Role);
        Assert.StartsWith("Write a loss.", prompt[0].Text, StringComparison.Ordinal);
        Assert.Contains("a number; higher is better", prompt[0].Text, StringComparison.Ordinal);
        Assert.Contains("(4 paired seeds), ", prompt[1].Text, StringComparison.Ordinal);
        Assert.Contains("against dpo", prompt[1].Text, StringComparison.Ordinal);
        Assert.Contains("F.logsigmoid(x)", prompt[1].Text, StringComparison.Ordinal);
        Assert.Equal(3, state.Objectives.Length);
        Assert.Equal([4, 4], state.Objectives.Take(2).Select(one => one.Scores.Length));
    }

    [Fact]
    public async Task A_refused_proposal_is_corrected_without_a_generation()
    {
        var model = new ScriptedModel(["What?", ScriptedModel.Reply("scalar", "torch.exp(-x).mean()"), Exp("one", 2)]);
        var state = await RunAsync(model);
        Assert.Equal(1, state.Generations);
        var attempt = Assert.Single(state.Attempts);
        Assert.Equal([null, null, 3], attempt.Turns.Select(turn => turn.Number));
        Assert.Contains("neither a JSON object nor a Python function", LastMessage(model, 1), StringComparison.Ordinal);
        Assert.Contains("mean()", LastMessage(model, 2), StringComparison.Ordinal);
        Assert.EndsWith("Please correct it, and send the whole reply again.", LastMessage(model, 2), StringComparison.Ordinal);

        // The conversation goes on: what was said stays.
        Assert.Equal(model.Prompts[1].Select(one => one.Text), model.Prompts[2].Take(model.Prompts[1].Length).Select(one => one.Text));
    }

    [Fact]
    public async Task After_as_many_repairs_as_are_allowed_another_proposal_is_asked_for()
    {
        var model = new ScriptedModel(["1", "2", "3", Exp("one", 2)]);
        var state = await RunAsync(model);
        Assert.Equal([3, 1], state.Attempts.Select(attempt => attempt.Turns.Length));
        Assert.EndsWith("Please propose the next one.", LastMessage(model, 3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_earlier_objective_again_is_answered_with_its_fitness_and_not_trained_with()
    {
        var evaluator = Evaluator();
        var model = new ScriptedModel([ScriptedModel.Reply("mine", "F.softplus(-x)"), Exp("one", 2)]);
        var state = await RunAsync(model, evaluator: evaluator);
        Assert.Equal(1, state.Attempts[0].Turns[0].DuplicateOf);
        Assert.Contains($"objective 1 again ({state.Objectives[0].Feedback})", LastMessage(model, 1), StringComparison.Ordinal);
        Assert.Equal(["dpo", "one", "slic"], evaluator.Asked.Select(one => one.Name).Distinct().Order());
        Assert.Equal(1, state.Generations);
    }

    [Fact]
    public async Task What_is_behind_is_given_up_after_a_round_and_what_may_be_better_gets_them_all()
    {
        var model = new ScriptedModel([Exp("worse", 2), Exp("equal", 3), Exp("better", 4), Exp("later", 5)]);
        var evaluator = Evaluator();
        var state = await RunAsync(model, Options with { MaximumGenerations = 4, SeedRounds = [3, 5, 6] }, evaluator);
        Assert.Equal([6, 6, 3, 6, 6, 3], state.Objectives.Select(one => one.Scores.Length));
        Assert.Equal("better", state.BestProposal!.Name);
        Assert.Equal("better", state.Incumbent!.Name);
        Assert.Equal(1, state.GenerationsWithoutImprovement);
        Assert.Equal(evaluator.Asked.Count, evaluator.Asked.Distinct().Count());

        // Seeds are the same for all, so the differences are those of the qualities, to the noise.
        Assert.Equal(-1, state.Objectives[2].DifferenceTo(state.Baseline!)!.Value.Value, 2);
        Assert.Equal(1, state.Objectives[4].DifferenceTo(state.Baseline!)!.Value.Value, 2);
        Assert.InRange(state.Objectives[4].Fitness!.Value.Upper - state.Objectives[4].Fitness!.Value.Lower, 0.5, 10);
    }

    [Fact]
    public async Task A_training_that_fails_is_the_fitness()
    {
        var model = new ScriptedModel([Exp("broken", 2), Exp("one", 3)]);
        var state = await RunAsync(model, Options with { MaximumGenerations = 2 });
        Assert.Equal("no fitness: the loss became infinite at step 3", state.Objectives[2].Feedback);
        Assert.Equal(2, state.Objectives[2].Scores.Length);
        Assert.Contains("no fitness: the loss became infinite at step 3", LastMessage(model, 1), StringComparison.Ordinal);
        Assert.Equal("one", state.BestProposal!.Name);
    }

    public static TheoryData<DiscoveryOptions, StopReason, int> Limits { get; } = new()
    {
        { Options with { MaximumGenerations = 0 }, StopReason.Generations, 0 },
        { Options with { MaximumGenerations = 3 }, StopReason.Generations, 3 },
        { Options with { MaximumGenerations = 9, MaximumAttempts = 2 }, StopReason.Attempts, 2 },
        { Options with { MaximumGenerations = 9, MaximumTokens = 220 }, StopReason.Tokens, 2 },
        { Options with { MaximumGenerations = 9, MaximumTokens = 221 }, StopReason.Tokens, 3 },
        { Options with { MaximumGenerations = 9, MaximumCost = 0.00024m, Prices = new(1, 2) }, StopReason.Cost, 2 },
        { Options with { MaximumGenerations = 9, Patience = 2 }, StopReason.Converged, 4 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_limit_ends_the_search(DiscoveryOptions options, StopReason reason, int generations)
    {
        var model = new ScriptedModel([Exp("worse", 2), Exp("better", 3), Exp("later", 4), Exp("last", 5), Exp("more", 6)]);
        var state = await RunAsync(model, options);
        Assert.Equal(reason, state.Stop!.Reason);
        Assert.Equal(generations, state.Generations);
        Assert.Equal(generations * 110, state.Use.Tokens);

        // Once more: it has ended, and says so only once.
        var lines = await File.ReadAllLinesAsync(folder.PathOf("run.jsonl"));
        await RunAsync(new ScriptedModel([]), options);
        Assert.Equal(lines, await File.ReadAllLinesAsync(folder.PathOf("run.jsonl")));
    }

    [Fact]
    public async Task A_limit_of_tokens_ends_the_search_where_the_service_does_not_count_them()
    {
        var state = await RunAsync(new ScriptedModel([Exp("one", 2)]) { Usage = null }, Options with { MaximumGenerations = 2, MaximumTokens = 1000 });
        Assert.Equal(StopReason.UnknownUse, state.Stop!.Reason);
        Assert.Equal(1, state.Use.RepliesWithoutTokens);
    }

    [Fact]
    public async Task A_limit_of_time_ends_the_search_between_attempts()
    {
        var clock = new SteppingClock();
        var state = await RunAsync(new ScriptedModel([Exp("one", 2), Exp("two", 3)]), Options with { MaximumGenerations = 9, MaximumTime = clock.Step * 2.5, Clock = clock });
        Assert.Equal(StopReason.Time, state.Stop!.Reason);
        Assert.Equal(2, state.Generations);
    }

    [Fact]
    public async Task A_run_goes_on_with_larger_limits_and_not_as_another_run()
    {
        string[] replies = [Exp("one", 2), Exp("two", 3)];
        await RunAsync(new ScriptedModel(replies));
        var state = await RunAsync(new ScriptedModel(replies, first: 1), Options with { MaximumGenerations = 2 });
        Assert.Equal(2, state.Generations);
        Assert.Equal(StopReason.Generations, state.Stop!.Reason);

        var other = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(new ScriptedModel([]), Options with { Temperature = 0.5f, Seed = 3 }));
        Assert.Contains("seed was 0 and is 3, temperature was the service's and is 0.5", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_evaluator_that_fails_ends_the_call_and_what_was_scored_stays()
    {
        var failing = new ArithmeticEvaluator { Quality = _ => 0, FailsAt = ("one", 0) };
        await Assert.ThrowsAsync<EvaluatorException>(() => RunAsync(new ScriptedModel([Exp("one", 2)]), evaluator: failing));
        Assert.Equal(1UL, Assert.Single(RunArchive.Read(folder.PathOf("run.jsonl")).Objectives[2].Scores).Seed);
        var working = Evaluator();
        var state = await RunAsync(new ScriptedModel([]), evaluator: working);
        Assert.Equal(1, state.Generations);
        Assert.DoesNotContain(("one", 1UL), working.Asked);
        Assert.Equal([0, 1], state.Objectives[2].Scores.Take(2).Select(score => (int)score.Seed));
    }

    [Fact]
    public async Task A_score_is_in_the_archive_while_a_slower_one_of_an_earlier_seed_is_awaited()
    {
        var path = folder.PathOf("run.jsonl");
        using var cancel = new CancellationTokenSource();
        var slow = new ArithmeticEvaluator { Quality = _ => 0, NeverDone = ("better", 0) };
        var progress = new Watch(value =>
        {
            if (value.Event is SeedEvaluated { Number: 3 })
            {
                cancel.Cancel();
            }
        });
        var run = new DiscoveryRun(new SmallDomain(), slow, new ScriptedModel([Exp("better", 2)]), Options with { SeedRounds = [3, 4] });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.RunAsync(path, progress, cancel.Token).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal([1, 2], RunArchive.Read(path).Objectives[2].Scores.Select(score => (int)score.Seed));

        var working = Evaluator();
        var state = await RunAsync(new ScriptedModel([]), Options with { SeedRounds = [3, 4] }, working);
        Assert.Equal([("better", 0UL), ("better", 3UL)], working.Asked);
        Assert.Equal([0, 1, 2, 3], state.Objectives[2].Scores.Select(score => (int)score.Seed));
        var replay = await RunReplay.CompareAsync(RunArchive.ReadEvents(path), new SmallDomain(), Options with { SeedRounds = [3, 4] });
        Assert.True(replay.IsSame, replay.Message);
    }

    [Fact]
    public async Task A_cancelled_run_goes_on()
    {
        using var cancel = new CancellationTokenSource();
        var progress = new Watch(value =>
        {
            if (value.Event is ReplyReceived)
            {
                cancel.Cancel();
            }
        });
        var run = new DiscoveryRun(new SmallDomain(), Evaluator(), new ScriptedModel([Exp("one", 2)]), Options);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.RunAsync(folder.PathOf("run.jsonl"), progress, cancel.Token));
        Assert.Equal(1, (await RunAsync(new ScriptedModel([]))).Generations);
    }

    [Fact]
    public async Task Every_question_has_a_sampling_seed_of_its_own()
    {
        var model = new ScriptedModel(["?", Exp("one", 2), Exp("two", 3)]);
        await RunAsync(model, Options with { MaximumGenerations = 2, Temperature = 0.5f });
        Assert.Equal(3, model.Options.Select(one => one.Seed).Distinct().Count());
        Assert.All(model.Options, one => Assert.InRange(one.Seed!.Value, 0, int.MaxValue));
        Assert.All(model.Options, one => Assert.Equal(0.5f, one.Temperature));
    }

    [Fact]
    public async Task The_confirmation_scores_the_best_and_the_baseline_and_enters_no_prompt()
    {
        var confirming = new ArithmeticEvaluator { Quality = name => name == "better" ? 1000.25 : 1000, Fingerprint = "held-out" };
        var options = Options with { MaximumGenerations = 2, Confirmation = [new("held-out", confirming, [10, 11, 12])] };
        var model = new ScriptedModel([Exp("better", 2), Exp("worse", 3), Exp("more", 4)]);
        var state = await RunAsync(model, options);
        Assert.Equal(["better", "dpo"], confirming.Asked.Select(one => one.Name).Distinct().Order());
        var confirmed = Assert.Single(state.Confirmations);
        Assert.Equal(3, confirmed.Number);
        Assert.StartsWith("fitness 1000", confirmed.Result, StringComparison.Ordinal);
        Assert.Contains("(3 paired seeds), +0.2", confirmed.Result, StringComparison.Ordinal);
        Assert.Equal(0.25, state.Objectives[2].DifferenceTo(state.Baseline!, "held-out")!.Value.Value, 2);

        // The search goes on with a larger limit, and knows nothing of it.
        var more = new ScriptedModel([Exp("more", 4)]);
        await RunAsync(more, options with { MaximumGenerations = 3 });
        Assert.DoesNotContain(more.Prompts.SelectMany(prompt => prompt), message => message.Text.Contains("1000", StringComparison.Ordinal) || message.Text.Contains("held-out", StringComparison.Ordinal));
    }

    /// <summary>The seeds of the search are 5 to 8.</summary>
    [Theory]
    [InlineData("arithmetic", 8, true)]
    [InlineData("arithmetic", 5, true)]
    [InlineData("arithmetic", 4, false)]
    [InlineData("arithmetic", 9, false)]
    [InlineData("other", 8, false)]
    public void A_confirmation_by_what_the_search_has_seen_is_none(string fingerprint, int seed, bool isRefused)
    {
        var options = Options with { Seed = 5, Confirmation = [new("fresh", new ArithmeticEvaluator { Quality = _ => 0, Fingerprint = fingerprint }, [100, (ulong)seed])] };
        var failed = Record.Exception(() => new DiscoveryRun(new SmallDomain(), Evaluator(), new ScriptedModel([]), options));
        Assert.Equal(isRefused, failed is ArgumentException);
    }

    [Fact]
    public async Task With_a_training_that_failed_there_is_no_difference()
    {
        var state = await RunAsync(new ScriptedModel([Exp("one", 2)]));
        var (one, baseline) = (state.Objectives[2], state.Baseline!);
        Assert.NotNull(one.DifferenceTo(baseline));
        var failed = baseline with { Scores = baseline.Scores.SetItem(1, new SeedScore(1, null) { Failure = "NaN" }) };
        Assert.Null(one.DifferenceTo(failed));
        Assert.Null(failed.DifferenceTo(one));
    }

    [Fact]
    public void A_limit_of_money_needs_prices() =>
        Assert.Throws<ArgumentException>(() => new DiscoveryRun(new SmallDomain(), Evaluator(), new ScriptedModel([]), new() { MaximumCost = 1 }));

    private sealed class Watch(Action<DiscoveryProgress> told) : IProgress<DiscoveryProgress>
    {
        public void Report(DiscoveryProgress value) => told(value);
    }

    /// <summary>A step goes by whenever somebody asks how long it was since.</summary>
    private sealed class SteppingClock : TimeProvider
    {
        private long asked;

        public TimeSpan Step { get; } = TimeSpan.FromSeconds(1);

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => asked++;
    }
}
