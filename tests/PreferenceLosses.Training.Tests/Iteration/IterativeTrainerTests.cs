using PreferenceLosses.Losses;
using PreferenceLosses.Training.Tests.Policies;
using PreferenceLosses.Training.Tests.TrainerRuns;

namespace PreferenceLosses.Training.Tests.Iteration;

/// <summary>Rounds of drawing, ranking and training.</summary>
public sealed class IterativeTrainerTests : IDisposable
{
    private static readonly NGramSettings Settings = new() { VocabularySize = TestData.VocabularySize, Buckets = 64 };

    // What is wanted: many fours.
    private static readonly RewardFunction Fours = (_, completion) => completion.ToArray().Count(token => token == 4);

    private readonly string directory = Directory.CreateTempSubdirectory("preference-losses-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Rewards_rise_from_round_to_round()
    {
        var policy = new NGramPolicy(Settings);
        var result = NewTrainer(policy, new DpoLoss()).Run();

        var rewards = result.Rounds.Select(round => round.Start.Reward.Value).Append(result.Final.Reward.Value).ToArray();
        Assert.Equal(4, rewards.Length);
        Assert.All(rewards.Zip(rewards.Skip(1)), pair => Assert.True(pair.Second > pair.First, string.Join(", ", rewards)));
        Assert.True(result.Final.Reward.Lower > result.Rounds[0].Start.Reward.Upper);
        Assert.Equal(0, result.Rounds[0].Start.Kl.Value);
        Assert.True(result.Final.Kl.Lower > 0.1);
        Assert.All(result.Rounds, round => Assert.Equal(60, round.Pairs + round.Ties));
        Assert.All(result.Rounds, round => Assert.True(round.Pairs > 20));

        // Longer completions have more fours: length is exploited, and shows.
        Assert.All(result.Rounds, round => Assert.True(round.ChosenLength > round.RejectedLength));
        Assert.True(result.Final.Length.Value > result.Rounds[0].Start.Length.Value);
    }

    [Theory]
    [InlineData("dpo", 0)]
    [InlineData("aipo", 0.3)]
    [InlineData("simpo", 0)]
    public void Going_on_gives_the_same_rounds_bit_for_bit(string name, double momentum)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var whole = new NGramPolicy(Settings);
        var expected = NewTrainer(whole, loss, momentum, Path.Combine(directory, "whole")).Run();

        // Stopped in the middle of rounds and near their ends; a round has about seven steps.
        var resumed = new NGramPolicy(Settings);
        foreach (var stop in new[] { 3, 4, 1, 5 })
        {
            var policy = new NGramPolicy(Settings);
            using var cancellation = new CancellationTokenSource();
            var steps = 0;
            Assert.Throws<OperationCanceledException>(() => NewTrainer(policy, loss, momentum, Path.Combine(directory, "parts"))
                .Run(progress: new Each<TrainingProgress>(_ => Cancel(++steps == stop, cancellation)), cancellationToken: cancellation.Token));
        }

        var last = NewTrainer(resumed, loss, momentum, Path.Combine(directory, "parts"));
        var actual = last.Run();

        Assert.Empty(last.Notes);
        Assert.Equal(whole.AllWeights(), resumed.AllWeights());
        Assert.Equal(expected.Final, actual.Final);
        Assert.Equal(expected.Rounds.Select(round => round.Start), actual.Rounds.Select(round => round.Start));
        Assert.Equal(expected.Rounds.Select(round => round.Training["loss"]), actual.Rounds.Select(round => round.Training["loss"]));
    }

    [Fact]
    public void Momentum_goes_on_in_the_direction_of_the_last_round()
    {
        var (current, previous) = (TestPolicies.Random(1), TestPolicies.Random(2));
        var sequences = TestPolicies.Sequences(3, 10);
        var reference = new MomentumReference(current, previous, 0.3);
        var expected = current.LogProbabilities(sequences).Zip(previous.LogProbabilities(sequences), (c, p) => (1.3 * c) - (0.3 * p));
        Assert.Equal(expected, reference.LogProbabilities(sequences));
        Assert.Throws<NotSupportedException>(reference.Freeze);

        // It changes the second round, and not the first.
        var (without, with) = (new NGramPolicy(Settings), new NGramPolicy(Settings));
        var (plain, moved) = (NewTrainer(without, new DpoLoss()).Run(), NewTrainer(with, new DpoLoss(), 0.5).Run());
        Assert.Equal(plain.Rounds[1].Start, moved.Rounds[1].Start);
        Assert.NotEqual(plain.Rounds[2].Start, moved.Rounds[2].Start);
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        var policy = new NGramPolicy(Settings);
        Assert.Throws<LossNotTrainableException>(() => NewTrainer(policy, new TpoLoss()));
        Assert.Throws<ArgumentException>(() => new IterativeTrainer(policy, new DpoLoss(), [], Fours, Options(0, null)));
        Assert.Contains("nothing to learn", Assert.Throws<InvalidOperationException>(
            () => new IterativeTrainer(policy, new DpoLoss(), Prompts(), (_, _) => 1, Options(0, null)).Run()).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Options(0, null) with { CompletionsPerPrompt = 1 });

        NewTrainer(policy, new DpoLoss(), output: directory).Run();
        Assert.Contains("momentum was 0 and is 0.5", Assert.Throws<CheckpointException>(() => NewTrainer(new NGramPolicy(Settings), new DpoLoss(), 0.5, directory).Run()).Message);
    }

    [Fact]
    public void What_some_round_would_refuse_is_refused_before_the_first()
    {
        var policy = new NGramPolicy(Settings);
        IterationOptions Following(double momentum) => Options(momentum, null) with { Training = new TrainingOptions { ReferenceSynchronization = new(1, 0.5) } };
        Assert.Contains("synchronized", Assert.Throws<ArgumentException>(() => new IterativeTrainer(policy, new DpoLoss(), Prompts(), Fours, Following(0.5))).Message);
        Assert.Contains("'simpo' has no reference", Assert.Throws<ArgumentException>(() => new IterativeTrainer(policy, new SimPoLoss(), Prompts(), Fours, Following(0))).Message);
        Assert.Contains("'simpo' has no reference", Assert.Throws<ArgumentException>(() => NewTrainer(policy, new SimPoLoss(), 0.5)).Message);
    }

    [Fact]
    public void A_run_is_made_once_and_never_has_more_rounds_than_are_asked_for()
    {
        var trainer = new IterativeTrainer(new NGramPolicy(Settings), new DpoLoss(), Prompts(), Fours, Options(0, directory) with { Rounds = 2 });
        trainer.Run();
        Assert.Throws<InvalidOperationException>(() => trainer.Run());

        var shorter = new IterativeTrainer(new NGramPolicy(Settings), new DpoLoss(), Prompts(), Fours, Options(0, directory) with { Rounds = 1 });
        Assert.Contains("has 2 rounds of a run, and 1 are asked for", Assert.Throws<CheckpointException>(() => shorter.Run()).Message);
    }

    private static void Cancel(bool now, CancellationTokenSource cancellation)
    {
        if (now)
        {
            cancellation.Cancel();
        }
    }

    private static IterativeTrainer NewTrainer(NGramPolicy policy, IPreferenceLoss loss, double momentum = 0, string? output = null) =>
        new(policy, loss, Prompts(), Fours, Options(momentum, output));

    private static ReadOnlyMemory<int>[] Prompts() => [.. TestPolicies.Sequences(5, 60, TestData.VocabularySize).Select(sequence => sequence.Prompt)];

    private static IterationOptions Options(double momentum, string? output) => new()
    {
        Momentum = momentum,
        Sampling = new SamplingOptions { EndOfText = TestData.EndOfText, MaximumLength = 12 },
        Training = new TrainingOptions { BatchSize = 8, LearningRate = 0.1, OutputDirectory = output, Resume = true, CheckpointInterval = 2 },
    };

    private sealed class Each<T>(Action<T> action) : IProgress<T>
    {
        public void Report(T value) => action(value);
    }
}
