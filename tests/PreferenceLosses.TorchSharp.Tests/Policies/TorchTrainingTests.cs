using PreferenceLosses.Losses;
using PreferenceLosses.Torch.Tests.Support;
using PreferenceLosses.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Policies;

/// <summary>The trainer with a model of TorchSharp: it learns, it goes on where it was, and it keeps no tensors.</summary>
public sealed class TorchTrainingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("torch-training-").FullName;

    private static TrainingOptions Options => new() { Epochs = 4, BatchSize = 8, GradientAccumulation = 2, LearningRate = 0.02, WarmupSteps = 2, Seed = 9 };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [TorchFact]
    public void Accuracy_rises_on_pairs_that_were_not_trained_on()
    {
        using var policy = TorchPolicyCase.Gpt2();
        using var reference = (TorchPolicy)policy.Freeze();
        var result = new Trainer(policy, new DpoLoss { Beta = 0.5 }, TorchPolicyCase.Pairs(96), Options, reference, TorchPolicyCase.Pairs(100, seed: 77)).Run();
        var (training, heldOut) = (PairScores.OfLogRatios(policy, reference, TorchPolicyCase.Pairs(96)), PairScores.OfLogRatios(policy, reference, TorchPolicyCase.Pairs(100, seed: 77)));
        Assert.True(training.Accuracy.Value > 0.95, training.Accuracy.ToString());
        Assert.True(heldOut.Accuracy.Value > 0.9, heldOut.Accuracy.ToString());
        Assert.True(result.Metrics["eval_loss"] < 0.5);
    }

    [TorchTheory]
    [InlineData("Float32", "adamw", "dpo")]
    [InlineData("BFloat16", "adamw", "dpo")]
    [InlineData("Float32", "sgd", "dpo")]
    [InlineData("Float32", "adamw", "bco-pair")]
    public void A_run_that_was_interrupted_ends_as_one_that_was_not(string precision, string optimizer, string loss)
    {
        var settings = TorchPolicyCase.Options with
        {
            Precision = Enum.Parse<ScalarType>(precision),
            Optimizer = model => optimizer == "sgd" ? optim.SGD(model.parameters(), 1, momentum: 0.9) : optim.AdamW(model.parameters(), weight_decay: 0.1),
        };
        var pairs = TorchPolicyCase.Pairs(40);
        (byte[] Weights, byte[] Optimizer) Run(string name, int? until)
        {
            using var policy = TorchPolicyCase.Gpt2(settings);
            var options = Options with
            {
                OutputDirectory = Path.Combine(folder, name), CheckpointInterval = 3, Resume = true, ReferenceSynchronization = new(Interval: 2, Share: 0.5),
            };
            using var cancel = new CancellationTokenSource();
            using var trainer = new Trainer(policy, LossCatalog.BuiltIn.Find(loss).Loss, pairs, options);
            if (until is { } last)
            {
                Assert.Throws<OperationCanceledException>(() => trainer.Run(new Act(progress => CancelAt(progress, last)), cancel.Token));
                return default;
            }

            trainer.Run();
            return (TorchPolicyCase.Saved(policy.SaveWeights), TorchPolicyCase.Saved(policy.SaveOptimizer));

            void CancelAt(TrainingProgress progress, int step)
            {
                if (progress.Step == step)
                {
                    cancel.Cancel();
                }
            }
        }

        var whole = Run("whole", null);
        Run("parts", 4);
        Run("parts", 7);
        var parts = Run("parts", null);
        Assert.Equal(whole.Weights, parts.Weights);
        Assert.Equal(whole.Optimizer, parts.Optimizer);
        using var untrained = TorchPolicyCase.Gpt2(settings);
        Assert.NotEqual(TorchPolicyCase.Saved(untrained.SaveWeights), whole.Weights);
    }

    [TorchTheory]
    [InlineData("Float32")]
    [InlineData("BFloat16")]
    public void A_long_run_holds_no_more_tensors_than_a_short_one(string precision)
    {
        using var policy = TorchPolicyCase.Gpt2(TorchPolicyCase.Options with { Precision = Enum.Parse<ScalarType>(precision) });
        using var reference = (TorchPolicy)policy.Freeze();
        var options = Options with
        {
            Epochs = 10, EvaluationInterval = 5, EvaluationSamples = 3, Sampling = new() { EndOfText = 0, MaximumLength = 5 }, OutputDirectory = folder, CheckpointInterval = 7,
        };
        var counts = new List<long>();
        using var trainer = new Trainer(policy, new DpoLoss(), TorchPolicyCase.Pairs(40), options, reference, TorchPolicyCase.Pairs(10, seed: 3));

        // What tests before this one left for the garbage collector would be missing from the count when it comes.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        trainer.Run(new Act(_ => counts.Add(Tensor.TotalCount)));
        Assert.Equal(30, counts.Count);
        Assert.All(counts.Skip(1), count => Assert.Equal(counts[1], count));
    }

    [TorchTheory]
    [InlineData("Float32")]
    [InlineData("BFloat16")]
    public void A_policy_whose_logits_are_NaN_ends_the_run_as_one_that_has_diverged(string precision)
    {
        using var policy = TorchPolicyCase.Gpt2(TorchPolicyCase.Options with { Precision = Enum.Parse<ScalarType>(precision) });
        using var broken = policy.Copy();
        using var trainer = new Trainer(policy, new DpoLoss(), TorchPolicyCase.Pairs(16), Options);
        using (no_grad())
        {
            broken.Model.parameters().First().fill_(float.NaN);
        }

        policy.MixWith(broken, 1);
        var diverged = Assert.Throws<TrainingDivergedException>(() => trainer.Run());
        Assert.Equal(1, diverged.Step);
        Assert.Contains("a log-probability of the policy is NaN", diverged.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Rounds_dispose_of_the_policies_that_they_began_with()
    {
        var made = new List<Tensor>();
        nn.Module<Tensor, Tensor> Another()
        {
            var model = new TinyTransformer.Gpt2Model(TorchPolicyCase.Size);
            made.Add(model.parameters().First());
            return model;
        }

        using var policy = new TorchPolicy(new TinyTransformer.Gpt2Model(TorchPolicyCase.Size, 5), Another, TorchPolicyCase.Options);
        var random = new RandomStream(3);
        ReadOnlyMemory<int>[] prompts = [.. Enumerable.Range(0, 6).Select(_ => (ReadOnlyMemory<int>)(int[])[1 + random.NextInt(12)])];
        var options = new IterationOptions
        {
            Rounds = 4, Sampling = new() { EndOfText = 0, MaximumLength = 4 }, Momentum = 0.3, Training = Options with { Epochs = 1, GradientAccumulation = 1, BatchSize = 2 },
        };
        var trainer = new IterativeTrainer(policy, new DpoLoss(), prompts, (_, completion) => completion.ToArray().Sum(), options);
        trainer.Run();

        // The initial one, from which divergences are taken, and one for each round, of which the last is the reference of a round to come.
        Assert.Equal([false, true, true, true, false], made.Select(parameter => parameter.IsInvalid));
        trainer.Dispose();
        Assert.All(made, parameter => Assert.True(parameter.IsInvalid));

        // A round that is not done leaves its reference to nobody; its rewards were drawn before it was made.
        made.Clear();
        using var cancel = new CancellationTokenSource();
        using (var cancelled = new IterativeTrainer(policy, new DpoLoss(), prompts, (_, completion) => completion.ToArray().Sum(), options))
        {
            Assert.Throws<OperationCanceledException>(() => cancelled.Run(progress: new Act(_ => cancel.Cancel()), cancellationToken: cancel.Token));
            Assert.Equal([false, true], made.Select(parameter => parameter.IsInvalid));
        }

        Assert.All(made, parameter => Assert.True(parameter.IsInvalid));
    }

    [TorchTheory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void A_trainer_disposes_of_the_reference_that_it_made_and_of_no_other(bool isGiven, bool isSynchronized, bool makesOne)
    {
        var made = new List<nn.Module<Tensor, Tensor>>();
        nn.Module<Tensor, Tensor> Another()
        {
            made.Add(new TinyTransformer.Gpt2Model(TorchPolicyCase.Size));
            return made[^1];
        }

        bool[] AreDisposedOf() => [.. made.Select(model => model.parameters().All(parameter => parameter.IsInvalid))];
        using var policy = new TorchPolicy(new TinyTransformer.Gpt2Model(TorchPolicyCase.Size, 5), Another, TorchPolicyCase.Options);
        using var given = isGiven ? policy.Freeze() : null;
        made.Clear();
        var options = Options with { Epochs = 1, ReferenceSynchronization = isSynchronized ? new(Interval: 1, Share: 0.5) : null };
        using (var trainer = new Trainer(policy, new DpoLoss(), TorchPolicyCase.Pairs(16), options, given, TorchPolicyCase.Pairs(4, seed: 3)))
        {
            trainer.Run();
            trainer.Evaluate();
            Assert.Equal(makesOne ? [false] : [], AreDisposedOf());
            trainer.Dispose();
            Assert.Equal(makesOne ? [true] : [], AreDisposedOf());
            Assert.Throws<ObjectDisposedException>(() => trainer.Evaluate());
            Assert.Throws<ObjectDisposedException>(() => trainer.Run());
        }

        Assert.True(TorchPolicyCase.Scores(given ?? policy, TorchPolicyCase.Sequences(1))[0] < 0);

        // What is refused makes no copy.
        made.Clear();
        Assert.Throws<ArgumentException>(() => new Trainer(policy, new DpoLoss(), TorchPolicyCase.Pairs(16), options, given, heldOut: new ExampleList([])));
        Assert.Empty(made);
    }

    [TorchFact]
    public void The_state_of_another_optimizer_is_refused()
    {
        static byte[] State(Func<nn.Module<Tensor, Tensor>, optim.Optimizer> optimizer)
        {
            using var policy = TorchPolicyCase.Gpt2(TorchPolicyCase.Options with { Optimizer = optimizer });
            return TorchPolicyCase.Saved(policy.SaveOptimizer);
        }

        using var policy = TorchPolicyCase.Gpt2();
        var own = State(model => optim.AdamW(model.parameters(), lr: 3));
        policy.LoadOptimizer(new MemoryStream(own));
        foreach (var other in new[] { State(model => optim.AdamW(model.parameters(), weight_decay: 0.1)), State(model => optim.Adam(model.parameters())) })
        {
            var wrong = Assert.Throws<InvalidDataException>(() => policy.LoadOptimizer(new MemoryStream(other)));
            Assert.Contains("another optimizer, or of one with other settings", wrong.Message, StringComparison.Ordinal);
        }

        for (var length = 0; length < own.Length; length += 97)
        {
            Assert.Throws<InvalidDataException>(() => policy.LoadOptimizer(new MemoryStream(own[..length])));
        }

        Assert.Throws<InvalidDataException>(() => policy.LoadWeights(new MemoryStream(own)));
    }

    private sealed class Act(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
