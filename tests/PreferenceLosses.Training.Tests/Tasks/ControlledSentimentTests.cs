using PreferenceLosses.Losses;

namespace PreferenceLosses.Training.Tests.Tasks;

/// <summary>The task: what its reward, its pairs and its divergence are, and that a loss learns from it.</summary>
public class ControlledSentimentTests
{
    private static ControlledSentimentTask Task => SentimentSamples.Task;

    [Fact]
    public void The_reward_is_the_logistic_function_of_the_summed_valences()
    {
        // 2 + 2 − 1.5 = 2.5 and −2; the film and the end are worth nothing.
        Assert.Equal(1 / (1 + Math.Exp(-2.5)), Task.Reward([.. Task.Tokenizer.Encode("good film: good, bad"), Vocabulary.End]), 1e-15);
        Assert.Equal(0.11920292202211755, Task.Reward(Task.Tokenizer.Encode("dull")), 1e-15);
        Assert.Equal(0.5, Task.Reward([Vocabulary.Unknown, Vocabulary.End]));
        Assert.Equal(0.5, Task.Reward([]));
    }

    [Fact]
    public void Pairs_are_completions_of_the_base_ranked_by_the_reward()
    {
        var pairs = Task.Pairs(1);
        Assert.InRange(pairs.Count, 20, 60);
        for (var i = 0; i < pairs.Count; i++)
        {
            var pair = pairs[i];
            Assert.Equal(2, pair.Prompt.Length);
            Assert.Equal(pair.Completions.Select(completion => Task.Reward(completion.Span)), pair.Scores);
            Assert.True(pair.Scores[0] > pair.Scores[1]);
        }

        Assert.NotEqual(pairs.Fingerprint, Task.Pairs(2).Fingerprint);
    }

    [Fact]
    public void Of_many_completions_the_best_and_the_worst_are_taken()
    {
        // Of 40 completions of a prompt, with a third of the adjectives good and a third bad, some are good and some are bad.
        var pairs = new ControlledSentimentTask(SentimentSamples.Sentences, SentimentSamples.Lexicon, SentimentSamples.Options with { CompletionsPerPrompt = 40 }).Pairs(1);
        Assert.Equal(60, pairs.Count);
        Assert.InRange(Enumerable.Range(0, pairs.Count).Average(i => pairs[i].Scores[0]), 0.88, 1);
        Assert.InRange(Enumerable.Range(0, pairs.Count).Average(i => pairs[i].Scores[1]), 0, 0.12);
    }

    [Fact]
    public void Sentences_that_are_measured_on_are_not_fitted()
    {
        // Each sentence has a word of its own; the fitted ones are 30 of 40.
        string[] sentences = [.. Enumerable.Range(0, 40).Select(i => $"good film about {(char)('a' + (i / 20))}{(char)('a' + (i % 20))}")];
        var task = new ControlledSentimentTask(sentences, SentimentSamples.Lexicon, SentimentSamples.Options with { EvaluationPrompts = 10 });
        Assert.Equal(3 + 30, task.Vocabulary.Words.Length);
    }

    [Fact]
    public void The_base_does_not_diverge_from_itself_and_a_trained_policy_does()
    {
        Assert.All(Task.Measure(Task.Base, 3).Divergences, divergence => Assert.Equal(0, divergence));

        var trained = Task.Train(new DpoLoss { Beta = 0.1 }, 3);
        var scores = Task.Measure(trained, 3);
        Assert.All(scores.Divergences, divergence => Assert.True(divergence >= 0));

        // The mean log-ratio of the same completions estimates the same number, with more noise.
        var ratios = scores.Completions.ToArray() is var sequences
            ? Policies.TestPolicies.LogProbabilities(trained, sequences).Zip(Policies.TestPolicies.LogProbabilities(Task.Base, sequences), (own, other) => own - other).ToArray()
            : [];
        var (kl, estimate) = (scores.Kl.Value, Estimate.OfMean(ratios, 0.999));
        Assert.True(kl > 0.01, $"{kl}");
        Assert.False(estimate.Excludes(kl), $"{kl} {estimate}");
    }

    [Fact]
    public void Dpo_raises_the_reward_and_a_larger_beta_stays_nearer()
    {
        var start = Task.Measure(Task.Base, 4);
        var far = Task.Run(new DpoLoss { Beta = 0.05 }, 4);
        var near = Task.Run(new DpoLoss { Beta = 5 }, 4);
        Assert.True(PairedComparison.Of(far.Rewards, start.Rewards).Difference.Lower > 0, $"{start.Reward} → {far.Reward}");
        Assert.True(near.Kl.Upper < far.Kl.Lower, $"{near.Kl} {far.Kl}");
    }

    [Fact]
    public void Equal_tasks_give_equal_results()
    {
        var other = new ControlledSentimentTask(SentimentSamples.Sentences, SentimentSamples.Lexicon, SentimentSamples.Options);
        other.Base.MaxThreads = 1;
        Assert.Equal(Task.Fingerprint, other.Fingerprint);
        Assert.Equal(Task.Pairs(5).Fingerprint, other.Pairs(5).Fingerprint);
        var (first, second) = (Task.Run(new SlicLoss(), 5), other.Run(new SlicLoss(), 5));
        Assert.Equal(first.Rewards.AsEnumerable(), second.Rewards);
        Assert.Equal(first.Divergences.AsEnumerable(), second.Divergences);
        Assert.NotEqual(first.Rewards.AsEnumerable(), Task.Run(new SlicLoss(), 6).Rewards);
    }

    [Theory]
    [InlineData(5UL, true)]
    [InlineData(6UL, false)]
    public void The_seed_is_that_of_the_order_of_training_too(ulong seed, bool isSame)
    {
        var policy = Task.Base.Copy();
        new Trainer(policy, new DpoLoss(), Task.Pairs(5), SentimentSamples.Options.Training with { Seed = seed }, Task.Base).Run();
        var (byHand, byTask) = (Task.Measure(policy, 5), Task.Run(new DpoLoss(), 5));
        Assert.Equal(isSame, byHand.Divergences.SequenceEqual(byTask.Divergences));
    }

    [Fact]
    public void Whatever_decides_on_results_is_in_the_fingerprint()
    {
        var options = SentimentSamples.Options;
        var otherLexicon = SentimentLexicon.Read(new StringReader(SentimentSamples.LexiconText.Replace("dull\t-2", "dull\t-2.5", StringComparison.Ordinal)));
        ControlledSentimentTask[] others =
        [
            new([.. SentimentSamples.Sentences[..^1], "my evening seems short and dull."], SentimentSamples.Lexicon, options),
            new(SentimentSamples.Sentences, otherLexicon, options),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { TrainingPrompts = 61 }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { EvaluationPrompts = 41 }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { PromptLength = 1 }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { CompletionsPerPrompt = 4 }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { MaximumLength = 9 }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { MinimumCount = 2 }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { Fitting = options.Fitting with { Seed = 1 } }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { Training = options.Training with { LearningRate = 0.06 } }),
            new(SentimentSamples.Sentences, SentimentSamples.Lexicon, options with { Training = options.Training with { ExplosionFactor = 10 } }),
        ];
        Assert.Equal(others.Length + 1, others.Append(Task).Select(task => task.Fingerprint).Distinct().Count());
    }

    [Fact]
    public void What_cannot_work_is_refused()
    {
        var few = Assert.Throws<ArgumentException>(() => new ControlledSentimentTask(SentimentSamples.Sentences[..40], SentimentSamples.Lexicon, SentimentSamples.Options));
        Assert.Contains("40 of 40 sentences", few.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ControlledSentimentTask(
            SentimentSamples.Sentences, SentimentLexicon.Read(new StringReader("token\tvalence\nunheard\t1\n")), SentimentSamples.Options));
        Assert.Throws<ArgumentException>(() => new ControlledSentimentOptions { Training = new() { OutputDirectory = "somewhere" } });
        Assert.Throws<LossNotTrainableException>(() => Task.Train(LossCatalog.BuiltIn.Find("tdpo1").Loss, 1));
    }

    [Fact]
    public void Larger_policies_are_another_task()
    {
        var larger = new ControlledSentimentTask(SentimentSamples.Sentences, SentimentSamples.Lexicon, SentimentSamples.Options with { Order = 4 });
        Assert.Equal(4, larger.Base.Settings.Order);
        Assert.Equal(3, Task.Base.Settings.Order);
        Assert.NotEqual(Task.Fingerprint, larger.Fingerprint);
    }

    [Fact]
    public void Training_tells_of_every_step()
    {
        var steps = new List<long>();
        Task.Train(new DpoLoss(), 3, new Collector(steps));
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => (long)step), steps);
        Assert.NotEmpty(steps);
    }

    private sealed class Collector(List<long> steps) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => steps.Add(value.Step);
    }
}
