using System.Diagnostics.Metrics;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;
using PreferenceLosses.Training.Tests.Policies;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Training.Tests.TrainerRuns;

/// <summary>Whole runs: that they learn, and what options do to them.</summary>
public class RunTests
{
    private static readonly NGramSettings Settings = new() { VocabularySize = TestData.VocabularySize, Buckets = 256 };

    [Fact]
    public void It_learns_what_there_is_to_learn()
    {
        var policy = new NGramPolicy(Settings);
        var options = new TrainingOptions { BatchSize = 8, Epochs = 4, LearningRate = 0.1 };
        var trainer = new Trainer(policy, new DpoLoss(), TestData.Of(ExampleKind.Pair, 100), options, heldOut: TestData.Of(ExampleKind.Pair, 100, seed: 2));
        var before = trainer.Evaluate();

        var result = trainer.Run();

        Assert.Equal(Math.Log(2), before["eval_loss"], 1e-12);
        Assert.Equal(0.5, before["eval_rewards/accuracies"]);
        Assert.Equal(52, result.Steps);
        Assert.InRange(result.Metrics["eval_rewards/accuracies"], 0.95, 1);
        Assert.InRange(result.Metrics["eval_loss"], 0, 0.5);
    }

    [Theory]
    [InlineData(StatisticsSpan.MicroBatch)]
    [InlineData(StatisticsSpan.AccumulatedBatch)]
    public void Accumulated_gradients_are_those_of_one_large_batch(StatisticsSpan span)
    {
        // 22 rows in batches of 4: the last step has one full micro-batch and one of 2 rows.
        var large = Train(new DpoLoss(), new TrainingOptions { BatchSize = 8 });
        var small = Train(new DpoLoss(), new TrainingOptions { BatchSize = 4, GradientAccumulation = 2, StatisticsSpan = span });
        for (var i = 0; i < large.Length; i++)
        {
            Assert.Equal(large[i], small[i], 2e-4);
        }
    }

    [Fact]
    public void A_statistic_spans_the_rows_that_the_option_says()
    {
        // A sort over the batch: other rows, another loss.
        var large = Train(new AotUnpairedLoss(), new TrainingOptions { BatchSize = 8 });
        var together = Train(new AotUnpairedLoss(), new TrainingOptions { BatchSize = 4, GradientAccumulation = 2, StatisticsSpan = StatisticsSpan.AccumulatedBatch });
        var apart = Train(new AotUnpairedLoss(), new TrainingOptions { BatchSize = 4, GradientAccumulation = 2 });
        Assert.True(Distance(large, together) < 2e-4, $"{Distance(large, together)}");
        Assert.True(Distance(large, apart) > 1e-2, $"{Distance(large, apart)}");
    }

    [Fact]
    public void A_tail_that_is_too_small_for_the_loss_is_merged_and_said()
    {
        var loss = LossCatalog.BuiltIn.Entries.First(entry => entry.Loss.Graph.MinimumRows == 2).Loss;
        var policy = TestPolicies.Random(1, Settings);
        var trainer = new Trainer(policy, loss, TestData.Of(ExampleKind.Pair, 9), new TrainingOptions { BatchSize = 4, LearningRate = 1e-3 });
        Assert.Contains("merged", Assert.Single(trainer.Notes));
        Assert.Equal(2, trainer.TotalSteps);
        Assert.Equal(2, trainer.Run().Steps);

        Assert.Empty(new Trainer(policy, new DpoLoss(), TestData.Of(ExampleKind.Pair, 9), new TrainingOptions { BatchSize = 4 }).Notes);
        Assert.Throws<ArgumentException>(() => new Trainer(policy, loss, TestData.Of(ExampleKind.Pair, 9), new TrainingOptions { BatchSize = 1 }));
        Assert.Throws<ArgumentException>(() => new Trainer(policy, loss, TestData.Of(ExampleKind.Pair, 1)));
    }

    [Fact]
    public void A_tail_is_merged_for_a_loss_that_was_read_from_text_too()
    {
        // Evaluated as PyTorch does, one row has a deviation of NaN.
        var loss = LossCode.Parse("""
            def spread_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):
                logits = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
                return -F.logsigmoid(self.beta * logits / (1 + logits.std()))
            """).GetLoss();
        using var reference = TestPolicies.Random(2, Settings);
        var trainer = new Trainer(TestPolicies.Random(1, Settings), loss, TestData.Of(ExampleKind.Pair, 9), new TrainingOptions { BatchSize = 4, LearningRate = 1e-3 }, reference);
        Assert.Contains("merged", Assert.Single(trainer.Notes));
        Assert.True(double.IsFinite(trainer.Run().Metrics["loss"]));
    }

    [Fact]
    public void Every_row_is_seen_once_an_epoch_in_an_order_of_its_own()
    {
        var policy = new ScriptedPolicy(sequence => -1 - (sequence.Completion.Span[0] * 0.01));
        var data = new ExampleList([.. Enumerable.Range(0, 10).Select(i => TestData.Pair([i], [10 + i], [30 + i]))]);
        new Trainer(policy, new SimPoLoss(), data, new TrainingOptions { BatchSize = 3, Epochs = 3 }).Run();
        var epochs = policy.Backward
            .Select(pass => pass.Where(row => row.Sequence.Completion.Span[0] < 30).Select(row => row.Sequence.Prompt.Span[0]).ToArray())
            .Chunk(4).Select(epoch => epoch.SelectMany(rows => rows).ToArray()).ToArray();
        Assert.Equal(3, epochs.Length);
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, 10), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.NotEqual(epochs[1], epochs[2]);
    }

    [Fact]
    public void The_reference_stays_unless_it_is_to_follow()
    {
        var start = TestPolicies.Random(3, Settings);
        using var given = start.Freeze();
        var sequences = TestPolicies.Sequences(4, 5);
        var before = given.LogProbabilities(sequences);
        double FinalMargin(ReferenceSynchronization? sync) => new Trainer(
            start.Copy(), new DpoLoss(), TestData.Of(ExampleKind.Pair, 40), new TrainingOptions { BatchSize = 8, Epochs = 2, ReferenceSynchronization = sync }, given)
            .Run().Metrics["rewards/margins"];

        var stays = FinalMargin(null);
        var follows = FinalMargin(new(1, 1));

        // A reference that was the policy one step ago is one step away.
        Assert.True(stays > 0.05);
        Assert.InRange(follows, 0, stays / 2);
        Assert.Equal(before, given.LogProbabilities(sequences));
        Assert.Throws<ArgumentException>(() => new Trainer(start, new SimPoLoss(), TestData.Of(ExampleKind.Pair, 40), new TrainingOptions { ReferenceSynchronization = new(1, 1) }));
    }

    [Fact]
    public void The_reference_is_disposed_of_by_who_made_it()
    {
        var (policy, given) = (new ScriptedPolicy(_ => -1), new ScriptedPolicy(_ => -1));
        var pairs = TestData.Of(ExampleKind.Pair, 4);
        using (var trainer = new Trainer(policy, new DpoLoss(), pairs, heldOut: pairs))
        {
            trainer.Run();
            trainer.Evaluate();
            Assert.Equal(0, Assert.Single(policy.Copies).TimesDisposed);
            trainer.Dispose();
            Assert.Throws<ObjectDisposedException>(() => trainer.Evaluate());
        }

        Assert.Equal(1, policy.Copies[0].TimesDisposed);
        Assert.Throws<ObjectDisposedException>(() => Disposed(new Trainer(policy, new DpoLoss(), pairs, reference: given)).Run());
        Disposed(new Trainer(policy, new DpoLoss(), pairs, new TrainingOptions { ReferenceSynchronization = new(1, 1) }, given));
        Assert.Equal(1, Assert.Single(given.Copies).TimesDisposed);
        Assert.Equal((0, 0), (policy.TimesDisposed, given.TimesDisposed));
        Assert.Single(policy.Copies);

        static Trainer Disposed(Trainer trainer)
        {
            trainer.Dispose();
            return trainer;
        }
    }

    [Fact]
    public void An_unpaired_loss_learns_from_pairs_and_is_measured_on_pairs()
    {
        var policy = new NGramPolicy(Settings);
        var options = new TrainingOptions { BatchSize = 8, Epochs = 4, LearningRate = 0.1 };
        var reports = new List<TrainingProgress>();
        var result = new Trainer(policy, new KtoLoss(), TestData.Of(ExampleKind.Pair, 100), options, heldOut: TestData.Of(ExampleKind.Pair, 300, seed: 2)).Run(new Reports(reports));
        Assert.InRange(result.Metrics["eval_rewards/accuracies"], 0.95, 1);
        Assert.True(result.Metrics["eval_rewards/margins"] > 0.2);
        Assert.All(reports, report => Assert.False(report.Metrics.ContainsKey("rewards/accuracies")));

        // The baseline of the loss is no divergence of drawn completions, of which there are none.
        Assert.Contains("kl", result.Metrics);
        Assert.DoesNotContain("eval_kl", result.Metrics);
    }

    [Fact]
    public void Evaluations_draw_for_each_example_once_before_any_twice()
    {
        var policy = new ScriptedPolicy(_ => -1);
        var pairs = new ExampleList([.. Enumerable.Range(0, 3).Select(i => TestData.Pair([i], [10 + i], [30 + i]))]);
        var options = new TrainingOptions { EvaluationSamples = 4, Sampling = new() { EndOfText = TestData.EndOfText } };

        var metrics = new Trainer(policy, new KtoLoss(), pairs, options, new ScriptedPolicy(_ => -1), heldOut: pairs).Evaluate();

        Assert.Equal([0, 1, 2, 0], policy.PromptsSampled.Select(prompt => prompt.Single()));
        Assert.Equal(0.25, metrics["eval_kl"]);
    }

    [Fact]
    public void A_loss_with_a_baseline_has_a_reference_to_take_it_from()
    {
        var result = new Trainer(TestPolicies.Random(1, Settings), new BaselineOnlyLoss(), TestData.Of(ExampleKind.Pair, 8), new TrainingOptions { BatchSize = 4 }).Run();
        Assert.True(result.Metrics["kl"] >= 0);
    }

    [Fact]
    public void Options_that_do_nothing_are_said()
    {
        string Note(TrainingOptions options) =>
            Assert.Single(new Trainer(TestPolicies.Random(1, Settings), new DpoLoss(), TestData.Of(ExampleKind.Pair, 8), options with { BatchSize = 4 }).Notes);

        Assert.Contains("no evaluations", Note(new() { EvaluationInterval = 1 }));
        Assert.Contains("no evaluations", Note(new() { EvaluationSamples = 1, Sampling = new() { EndOfText = TestData.EndOfText } }));
        Assert.Contains("no checkpoints", Note(new() { CheckpointInterval = 1 }));
        Assert.Contains("no checkpoints", Note(new() { Resume = true }));
        Assert.Contains("warm-up would have 2 steps, and the run has 2", Note(new() { WarmupSteps = 2 }));
        Assert.Empty(new Trainer(TestPolicies.Random(1, Settings), new DpoLoss(), TestData.Of(ExampleKind.Pair, 8), new() { BatchSize = 4, WarmupSteps = 1 }).Notes);
    }

    [Fact]
    public void A_run_is_made_once_and_its_first_loss_is_not_an_explosion()
    {
        // (0 − 1/(2 · 0.005))² = 10,000 at the start.
        var trainer = new Trainer(TestPolicies.Random(1, Settings), new IpoLoss { Beta = 0.005 }, TestData.Of(ExampleKind.Pair, 4), new TrainingOptions { LearningRate = 1e-3 });
        Assert.Equal(10_000, trainer.Run().Metrics["loss"], 1e-6);
        Assert.Throws<InvalidOperationException>(() => trainer.Run());
    }

    [Fact]
    public void Held_out_examples_have_to_be_of_the_same_kind()
    {
        var policy = TestPolicies.Random(1, Settings);
        Assert.Throws<LossNotTrainableException>(() => new Trainer(policy, new DpoLoss(), TestData.Of(ExampleKind.Pair, 4), heldOut: TestData.Of(ExampleKind.Unpaired, 4)));
        Assert.Throws<LossNotTrainableException>(() => new Trainer(policy, new OdpoLoss(), TestData.Of(ExampleKind.Pair, 4, scores: true), heldOut: TestData.Of(ExampleKind.Pair, 4)));
        Assert.Throws<ArgumentException>(() => new Trainer(policy, new KtoLoss(), TestData.Of(ExampleKind.Pair, 4), heldOut: TestData.Of(ExampleKind.Unpaired, 4)));
        Assert.Throws<ArgumentException>(() => new Trainer(policy, new DpoLoss(), new ExampleList([])));
    }

    [Theory]
    [InlineData(double.NaN, "a log-probability of the policy is NaN")]
    [InlineData(double.NegativeInfinity, "a log-probability of the policy is -Infinity")]
    public void What_is_not_finite_stops_the_run_with_step_rows_and_loss(double bad, string what)
    {
        var policy = new ScriptedPolicy(sequence => sequence.Prompt.Span[0] == 7 ? bad : -1 - sequence.Completion.Span[0]);
        var data = new ExampleList([.. Enumerable.Range(0, 8).Select(i => TestData.Pair([i], [10 + i], [30 + i]))]);
        var trainer = new Trainer(policy, new DpoLoss(), data, new TrainingOptions { BatchSize = 2 }, new ScriptedPolicy(_ => -1));

        var stop = Assert.Throws<TrainingDivergedException>(() => trainer.Run());

        Assert.Equal("dpo", stop.Loss);
        Assert.Contains(7, stop.Examples);
        Assert.Equal(2, stop.Examples.Length);
        Assert.Equal(policy.Backward.Count + 1, stop.Step);
        Assert.Contains(what, stop.Message);
        Assert.Contains("(example 7)", stop.Message);
        Assert.Contains("policy_chosen", stop.Trace);
    }

    [Fact]
    public void A_loss_that_explodes_stops_the_run()
    {
        var policy = new ScriptedPolicy(sequence => sequence.Prompt.Span[0] == 7 && sequence.Completion.Span[0] < 30 ? -200 : -1);
        var data = new ExampleList([.. Enumerable.Range(0, 8).Select(i => TestData.Pair([i], [10 + i], [30 + i]))]);
        Trainer With(double factor) => new(
            policy, new ExponentialLoss { Beta = 0.1 }, data, new TrainingOptions { BatchSize = 1, ExplosionFactor = factor }, new ScriptedPolicy(_ => -1));

        var stop = Assert.Throws<TrainingDivergedException>(() => With(1000).Run());

        Assert.Contains("exploded", stop.Message);
        Assert.Equal(7, Assert.Single(stop.Examples));
        Assert.Equal(8, With(double.PositiveInfinity).Run().Steps);
    }

    [Fact]
    public void Metrics_reach_those_who_listen()
    {
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == "PreferenceLosses.Training")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        // Other tests train too: only this loss is looked at.
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            if (tags.ToArray().Any(tag => tag.Value as string == "cal-dpo"))
            {
                seen[instrument.Name] = value;
            }
        });
        listener.Start();
        var reports = new List<TrainingProgress>();
        var progress = new Reports(reports);
        var data = TestData.Of(ExampleKind.Pair, 12);
        var options = new TrainingOptions
        {
            BatchSize = 4, EvaluationInterval = 2, EvaluationSamples = 6, Sampling = new() { EndOfText = TestData.EndOfText, MaximumLength = 5 },
        };

        var result = new Trainer(TestPolicies.Random(1, Settings), new CalDpoLoss(), data, options, heldOut: data).Run(progress);

        Assert.Equal([1, 2, 3], reports.Select(report => (int)report.Step));
        Assert.Equal([false, true, true], reports.Select(report => report.Metrics.ContainsKey("eval_loss")));
        Assert.All(reports, report => Assert.Equal(3, report.TotalSteps));
        Assert.Equal(result.Metrics["loss"], seen["preference_losses.loss"]);
        Assert.Equal(result.Metrics["rewards/margins"], seen["preference_losses.rewards.margins"]);
        Assert.Equal(result.Metrics["eval_loss"], seen["preference_losses.eval_loss"]);
        Assert.InRange(result.Metrics["eval_kl"], 1e-9, 10);
        Assert.InRange(result.Metrics["eval_lengths/sampled"], 1, 5);
        Assert.Throws<ArgumentException>(() => new Trainer(TestPolicies.Random(1, Settings), new CalDpoLoss(), data, new TrainingOptions { EvaluationSamples = 1 }));
    }

    private static double Distance(float[] one, float[] other) => one.Zip(other, (a, b) => Math.Abs((double)a - b)).Max();

    private static float[] Train(IPreferenceLoss loss, TrainingOptions options)
    {
        var policy = TestPolicies.Random(1, Settings);
        new Trainer(policy, loss, TestData.Of(ExampleKind.Pair, 22), options with { LearningRate = 0.05, Epochs = 2 }).Run();
        return policy.AllWeights();
    }

    /// <summary>Reads KTO's baseline, and no log-probability of a reference.</summary>
    private sealed record BaselineOnlyLoss() : UnpairedLoss("baseline-only")
    {
        protected override Expr Formula(ExampleInputs example) =>
            Sigmoid(Input(Columns.Kl, Shape.Scalar, differentiable: false) - Where(example.IsDesirable, example.Policy, -example.Policy));
    }

    private sealed class Reports(List<TrainingProgress> seen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => seen.Add(value);
    }
}
