using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery.Tests.Fitness;

/// <summary>Fitness by controlled sentiment.</summary>
public sealed class SentimentEvaluatorTests
{
    private static readonly string[] Sentences =
    [
        .. from subject in (string[])["the film", "the story", "a comedy", "this drama", "my evening"]
           from verb in (string[])["is", "was", "seems"]
           from adjective in (string[])["good", "lovely", "bad", "dull", "long", "short"]
           from end in (string[])["", " and slow"]
           select $"{subject} {verb} {adjective}{end}.",
    ];

    private static readonly ControlledSentimentTask Task = new(
        Sentences,
        SentimentLexicon.Read(new StringReader("token\tvalence\ngood\t2\nlovely\t1.5\nbad\t-1.5\ndull\t-2\n")),
        BuiltInSentiment.Options with { TrainingPrompts = 60, EvaluationPrompts = 40, MaximumLength = 8 });

    private static readonly SentimentEvaluatorOptions Options = new() { Betas = [0.1, 0.5], MaximumKl = 2, CompletionsPerPrompt = 2 };

    private static Objective Of(IPreferenceLoss loss) => new(1, loss.Name, "", loss);

    private static async Task<SeedScore> ScoreAsync(IPreferenceLoss loss, SentimentEvaluatorOptions? options = null) =>
        Assert.Single(await new SentimentEvaluator(Task, options ?? Options).EvaluateAsync(Of(loss), [3], default));

    /// <summary>Done again by hand, with the parts of the trainer.</summary>
    [Fact]
    public async Task The_score_is_the_mean_gain_over_the_sweep()
    {
        var random = new RandomStream(3);
        (double Kl, double Reward) Measure(NGramPolicy policy)
        {
            var (a, b) = (Task.Measure(policy, random.Fork(0).State), Task.Measure(policy, random.Fork(1).State));
            return ((a.Kl.Value + b.Kl.Value) / 2, (a.Reward.Value + b.Reward.Value) / 2);
        }

        var points = ((double[])[0.1, 0.5]).Select(beta => Measure(Task.Train(new DpoLoss { Beta = beta }, 3))).ToArray();
        var score = await ScoreAsync(new DpoLoss());
        Assert.Equal(RewardEnvelope.MeanGain(points, Measure(Task.Base).Reward, 2), score.Score!.Value, 12);
        Assert.True(score.Score > 0.05);
        Assert.Equal(points[1].Reward, score.Measures["reward at β = 0.5"]);
        Assert.Equal(points[0].Kl, score.Measures["KL at β = 0.1"]);
        Assert.Equal(0, score.Measures["trainings that diverged"]);
    }

    [Fact]
    public async Task A_losss_own_beta_does_not_matter() =>
        Assert.Equal((await ScoreAsync(new DpoLoss { Beta = 0.01 })).Score, (await ScoreAsync(new DpoLoss { Beta = 3 })).Score);

    [Fact]
    public async Task Scores_do_not_depend_on_threads_nor_on_what_is_scored_beside()
    {
        ulong[] seeds = [1, 2, 3];
        using var one = new SentimentEvaluator(Task, Options with { MaxThreads = 1 });
        using var many = new SentimentEvaluator(Task, Options with { MaxThreads = 5 });
        var together = await many.EvaluateAsync(Of(new DpoLoss()), [.. seeds], default);
        Assert.Equal(seeds, together.Select(score => score.Seed));
        foreach (var score in together)
        {
            var alone = Assert.Single(await one.EvaluateAsync(Of(new DpoLoss()), [score.Seed], default));
            Assert.Equal(alone.Score, score.Score);
            Assert.Equal(alone.Measures, score.Measures);
            Assert.Equal(alone.Curves.Select(curve => curve.Values.ToArray()), score.Curves.Select(curve => curve.Values.ToArray()));
        }
    }

    [Fact]
    public async Task A_loss_without_beta_is_one_point()
    {
        var score = await ScoreAsync(PairLoss.Define("without", [], pair => Formulas.Softplus(-0.1 * pair.LogRatioDifference)));
        Assert.Equal(["KL", "reward", "trainings that diverged"], score.Measures.Keys);
        Assert.Equal((await ScoreAsync(new DpoLoss(), Options with { Betas = [0.1] })).Score!.Value, score.Score!.Value, 9);
    }

    /// <summary>ln(1 − βρ) is not a number once ρ is beyond 1/β: soon with β = 1, and never with β = 10⁻⁶.</summary>
    [Fact]
    public async Task A_training_that_diverges_is_a_point_less_and_if_all_do_there_is_no_score()
    {
        var beta = new Parameter("beta", "β", 0.1, Bounds.Positive, "");
        var loss = PairLoss.Define("pole", [beta], pair => -10 * Formulas.Log(1 + (beta * (pair.LogRatioDifference - 0.5))));
        var some = await ScoreAsync(loss, Options with { Betas = [1e-6, 4] });
        Assert.Equal(1, some.Measures["trainings that diverged"]);
        Assert.NotNull(some.Score);
        var none = await ScoreAsync(loss, Options with { Betas = [4, 5] });
        Assert.Null(none.Score);
        Assert.Contains("diverged at self.beta = 5, at step", none.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curves_have_twelve_points_and_are_means_over_their_steps()
    {
        var score = await ScoreAsync(new DpoLoss(), Options with { Betas = [0.1] });
        var losses = new List<double>();
        Task.Train(new DpoLoss { Beta = 0.1 }, 3, new Collector(losses));
        var curve = Assert.Single(score.Curves, one => one.Name == "loss");
        Assert.Equal(12, curve.Steps.Length);
        Assert.Equal(losses.Count, curve.Steps[^1]);
        Assert.Equal(losses.Take(curve.Steps[0]).Average(), curve.Values[0], 12);
        Assert.Equal(losses.Skip(curve.Steps[10]).Average(), curve.Values[11], 12);
    }

    [Fact]
    public async Task What_cannot_be_trained_with_has_no_score() =>
        Assert.Contains("cannot be trained with here", (await ScoreAsync(LossCatalog.BuiltIn.Find("tdpo1").Loss)).Failure, StringComparison.Ordinal);

    [Fact]
    public void Fingerprints_tell_tasks_and_choices_apart()
    {
        string Of(SentimentEvaluatorOptions options) => new SentimentEvaluator(Task, options).Fingerprint;
        string[] all = [Of(Options), Of(Options with { Betas = [0.1] }), Of(Options with { MaximumKl = 3 }), Of(Options with { CompletionsPerPrompt = 1 })];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(Of(Options), Of(Options with { MaxThreads = 7 }));
    }

    [Fact]
    public async Task It_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        using var evaluator = new SentimentEvaluator(Task, Options);
        var running = evaluator.EvaluateAsync(Of(new DpoLoss()), [1, 2, 3, 4], cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void What_confirms_is_not_what_searched()
    {
        using var search = SentimentEvaluator.OfFilms();
        var stages = SentimentEvaluator.Confirmation(search, seeds: 2);
        Assert.Equal(["fresh seeds", "held-out task", "larger policy, longer runs"], stages.Select(stage => stage.Name));
        Assert.Equal(3, stages.Select(stage => stage.Evaluator.Fingerprint).Distinct().Count());
        Assert.All(stages, stage => Assert.All(stage.Seeds, seed => Assert.True(seed >= 1000)));
        Assert.Empty(BuiltInSentiment.Films.Sentences.Intersect(BuiltInSentiment.Inns.Sentences));
    }

    private sealed class Collector(List<double> losses) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => losses.Add(value.Metrics[MetricNames.Loss]);
    }
}
