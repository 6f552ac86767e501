using PreferenceLosses.Losses;
using PreferenceLosses.Training.Tests.Policies;
using PreferenceLosses.Training.Tests.TrainerRuns;

namespace PreferenceLosses.Training.Tests.Checkpoints;

/// <summary>A run that is interrupted ends as one that is not; and checkpoints that do not fit are refused with a reason.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const int Steps = 21;
    private readonly string directory = Directory.CreateTempSubdirectory("preference-losses-").FullName;

    public static TheoryData<string> Losses => ["dpo", "kto", "bco-pair-shifted", "alpha-dpo", "beta-dpo", "simpo"];

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [MemberData(nameof(Losses))]
    public void Going_on_gives_the_same_weights_and_metrics_bit_for_bit(string name)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var whole = Run(Path.Combine(directory, "whole"), loss);

        var interrupted = Path.Combine(directory, "interrupted");
        foreach (var stop in new[] { 1, 6, 8, 15 })
        {
            Assert.Throws<OperationCanceledException>(() => Run(interrupted, loss, stopAfter: stop));
        }

        var resumed = Run(interrupted, loss);

        Assert.Equal(15, resumed.Result.ResumedFrom);
        Assert.Equal(whole.Policy.AllWeights(), resumed.Policy.AllWeights());
        Assert.Equal(Lines("whole"), Lines("interrupted"));
        Assert.Equal(Enumerable.Range(1, Lines("whole").Length), Lines("whole").Select(line => int.Parse(line.Split("\"step\":")[1].Split(',')[0], null)));
    }

    [Fact]
    public void A_reference_that_follows_goes_on_where_it_was()
    {
        var options = new TrainingOptions { ReferenceSynchronization = new(4, 0.6) };
        var whole = Run(Path.Combine(directory, "whole"), new DpoLoss(), options);
        var interrupted = Path.Combine(directory, "interrupted");
        Assert.Throws<OperationCanceledException>(() => Run(interrupted, new DpoLoss(), options, stopAfter: 10));
        Assert.Equal(whole.Policy.AllWeights(), Run(interrupted, new DpoLoss(), options).Policy.AllWeights());
    }

    [Fact]
    public void The_newest_few_are_kept()
    {
        Run(directory, new DpoLoss(), new TrainingOptions { CheckpointInterval = 2, KeepCheckpoints = 3 });
        Assert.Equal(["checkpoint-000000018.plc", "checkpoint-000000020.plc", "checkpoint-000000021.plc"], Files());
    }

    [Fact]
    public void A_torn_checkpoint_is_said_and_the_one_before_it_used()
    {
        var whole = Run(directory, new DpoLoss(), new TrainingOptions { CheckpointInterval = 5 });
        var newest = Files()[^1];
        var bytes = File.ReadAllBytes(PathOf(newest));
        foreach (var damaged in new[] { bytes[..(bytes.Length / 2)], [], [.. bytes[..1000], (byte)~bytes[1000], .. bytes[1001..]], [.. bytes, 0] })
        {
            File.WriteAllBytes(PathOf(newest), damaged);
            var (policy, result, notes) = Run(directory, new DpoLoss(), new TrainingOptions { CheckpointInterval = 5 });
            Assert.Equal(20, result.ResumedFrom);
            Assert.Contains(newest, Assert.Single(notes));
            Assert.Equal(whole.Policy.AllWeights(), policy.AllWeights());
            Assert.Equal(bytes, File.ReadAllBytes(PathOf(newest)));
        }
    }

    [Fact]
    public void A_torn_checkpoint_does_not_push_a_good_one_out()
    {
        Assert.Throws<OperationCanceledException>(() => Run(directory, new DpoLoss(), new TrainingOptions { CheckpointInterval = 4 }, stopAfter: 15));
        File.WriteAllBytes(PathOf("checkpoint-000000015.plc"), [1, 2, 3]);

        // It goes on from 12, and is stopped again before the torn one would be written anew.
        Assert.Throws<OperationCanceledException>(() => Run(directory, new DpoLoss(), new TrainingOptions { KeepCheckpoints = 1 }, stopAfter: 13));

        Assert.Equal(["checkpoint-000000013.plc", "checkpoint-000000015.plc"], Files());

        // Written anew it is like any other.
        Assert.Equal(13, Run(directory, new DpoLoss(), new TrainingOptions { CheckpointInterval = 5 }).Result.ResumedFrom);
        Assert.Equal(["checkpoint-000000020.plc", "checkpoint-000000021.plc"], Files());
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_read_is_said_and_the_one_before_it_used()
    {
        Assert.Throws<OperationCanceledException>(() => Run(directory, new DpoLoss(), new TrainingOptions { CheckpointInterval = 4 }, stopAfter: 15));
        using (new FileStream(PathOf("checkpoint-000000015.plc"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            using var cancellation = new CancellationTokenSource();
            cancellation.Cancel();
            var trainer = NewTrainer(directory, new DpoLoss(), new(), out _);
            Assert.Throws<OperationCanceledException>(() => trainer.Run(cancellationToken: cancellation.Token));
            Assert.Contains("checkpoint-000000015.plc", Assert.Single(trainer.Notes));
        }
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_leaves_nothing()
    {
        var path = Path.Combine(directory, "one.plc");
        Assert.Throws<IOException>(() => CheckpointFile.Write(path, [("full", stream =>
        {
            stream.Write(new byte[100]);
            throw new IOException("The disk is full.");
        })]));
        Assert.Empty(Directory.EnumerateFiles(directory));
    }

    [Fact]
    public void A_run_begins_with_the_policy_that_it_began_with()
    {
        // Without a reference nothing else tells the two runs apart.
        var options = new TrainingOptions { BatchSize = 4, OutputDirectory = directory, Resume = true };
        TrainingResult From(ulong seed) => new Trainer(
            TestPolicies.Random(seed, new NGramSettings { VocabularySize = TestData.VocabularySize, Buckets = 64 }), new SimPoLoss(), TestData.Of(ExampleKind.Pair, 8), options).Run();

        From(1);

        Assert.Contains("policy was ", Assert.Throws<CheckpointException>(() => From(2)).Message);
        Assert.Equal(2, From(1).ResumedFrom);
    }

    [Fact]
    public void Nothing_is_hashed_where_nothing_is_written()
    {
        var (policy, reference) = (new ScriptedPolicy(_ => -1), new ScriptedPolicy(_ => -1));
        new Trainer(policy, new DpoLoss(), TestData.Of(ExampleKind.Pair, 8), reference: reference).Run();
        Assert.Equal(0, policy.TimesSaved + reference.TimesSaved);
    }

    [Fact]
    public void A_directory_is_for_one_run_at_a_time()
    {
        // A file that a killed process left locks nothing.
        File.WriteAllText(Path.Combine(directory, "run.lock"), "");
        var first = NewTrainer(directory, new DpoLoss(), new(), out _);
        var refusals = new List<string>();

        first.Run(new Reports(_ => refusals.Add(Assert.Throws<IOException>(() => Run(directory, new DpoLoss())).Message)));

        Assert.Equal(Steps, refusals.Count);
        Assert.All(refusals, refusal => Assert.Contains($"'{directory}' cannot be locked", refusal));
        Assert.Equal(["metrics.jsonl"], Directory.EnumerateFiles(directory).Select(file => Path.GetFileName(file)));
        Assert.Equal(Steps, Run(directory, new DpoLoss()).Result.ResumedFrom);
    }

    [Fact]
    public void Checkpoints_of_another_run_are_refused_with_what_differs()
    {
        Assert.Throws<OperationCanceledException>(() => Run(directory, new DpoLoss(), stopAfter: 3));
        string Refusal(IPreferenceLoss loss, TrainingOptions options) =>
            Assert.Throws<CheckpointException>(() => Run(directory, loss, options)).Message;

        Assert.Contains("loss was {\"loss\":\"dpo\",\"parameters\":{\"beta\":0.1}} and is {\"loss\":\"dpo\",\"parameters\":{\"beta\":0.2}}", Refusal(new DpoLoss { Beta = 0.2 }, new()));
        Assert.Contains("learning rate was 0.05 and is 0.01", Refusal(new DpoLoss(), new TrainingOptions { LearningRate = 0.01 }));
        Assert.Contains("epochs was 3 and is 4", Refusal(new DpoLoss(), new TrainingOptions { Epochs = 4 }));
        Assert.Contains("seed was 0 and is 1", Refusal(new DpoLoss(), new TrainingOptions { Seed = 1 }));
        Assert.Contains("checkpoint-000000003.plc", Refusal(new DpoLoss { Beta = 0.2 }, new()));
        Assert.Contains("resume", Assert.Throws<CheckpointException>(() => NewTrainer(directory, new DpoLoss(), new(), out _, resume: false).Run()).Message);

        // And the run itself is as it was.
        Assert.Equal(3, Run(directory, new DpoLoss()).Result.ResumedFrom);
    }

    [Fact]
    public void A_run_that_is_done_stays_done()
    {
        var first = Run(directory, new DpoLoss());
        var again = Run(directory, new DpoLoss());
        Assert.Equal(Steps, again.Result.ResumedFrom);
        Assert.Equal(first.Result.Metrics["eval_loss"], again.Result.Metrics["eval_loss"]);
        Assert.Equal(first.Policy.AllWeights(), again.Policy.AllWeights());
    }

    [Fact]
    public void A_run_that_diverges_leaves_its_last_checkpoint()
    {
        var trainer = NewTrainer(directory, new DpoLoss(), new() { CheckpointInterval = 2 }, out var policy);
        var poison = new Reports(progress =>
        {
            if (progress.Step == 5)
            {
                policy.Weights.Row(0)[0] = float.NaN;
            }
        });

        var stop = Assert.Throws<TrainingDivergedException>(() => trainer.Run(poison));

        Assert.Equal(6, stop.Step);
        Assert.Equal(["checkpoint-000000002.plc", "checkpoint-000000004.plc"], Files());
        Assert.Equal(4, Run(directory, new DpoLoss()).Result.ResumedFrom);
    }

    private static (NGramPolicy Policy, TrainingResult Result, IReadOnlyList<string> Notes) Run(
        string output, IPreferenceLoss loss, TrainingOptions? options = null, int? stopAfter = null)
    {
        using var cancellation = new CancellationTokenSource();
        var trainer = NewTrainer(output, loss, options ?? new(), out var policy);
        var result = trainer.Run(new Reports(progress =>
        {
            if (progress.Step == stopAfter)
            {
                cancellation.Cancel();
            }
        }), cancellation.Token);
        return (policy, result, trainer.Notes);
    }

    private static Trainer NewTrainer(string output, IPreferenceLoss loss, TrainingOptions options, out NGramPolicy policy, bool resume = true)
    {
        policy = TestPolicies.Random(1, new NGramSettings { VocabularySize = TestData.VocabularySize, Buckets = 64 }, new AdamWOptions { WeightDecay = 0.01 });
        var full = options with
        {
            OutputDirectory = output,
            BatchSize = 4,
            Epochs = options.Epochs == 1 ? 3 : options.Epochs,
            LearningRate = options.LearningRate == new TrainingOptions().LearningRate ? 0.05 : options.LearningRate,
            EvaluationInterval = 5,
            Resume = resume,
        };
        return new Trainer(policy, loss, TestData.Of(ExampleKind.Pair, loss is UnpairedLoss ? 14 : 28), full, heldOut: TestData.Of(ExampleKind.Pair, 6, seed: 9));
    }

    /// <summary>The metrics without the speed, which is never the same.</summary>
    private string[] Lines(string run) =>
    [
        .. File.ReadLines(Path.Combine(directory, run, "metrics.jsonl"))
            .Select(line => System.Text.RegularExpressions.Regex.Replace(line, "\"tokens_per_second\":[^,}]*", "")),
    ];

    private string[] Files() => [.. Directory.EnumerateFiles(Path.Combine(directory, "checkpoints")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private string PathOf(string file) => Path.Combine(directory, "checkpoints", file);

    private sealed class Reports(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
