using PreferenceLosses.Losses;
using PreferenceLosses.Training.Tests.Policies;
using PreferenceLosses.Training.Tests.TrainerRuns;

namespace PreferenceLosses.Training.Tests.Checkpoints;

/// <summary>A small training in a process of its own, for <see cref="KillTests"/>: goes on from what is in a directory, says each step, and leaves its final weights there.</summary>
internal static class KilledTraining
{
    public const string FinalWeights = "final.weights";

    public static int Main(string[] args)
    {
        Run(args[0], new EachStep());
        return 0;
    }

    public static void Run(string directory, IProgress<TrainingProgress>? progress)
    {
        // Weight decay, running moments and a reference that follows: everything that a checkpoint has to carry.
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = TestData.VocabularySize, Buckets = 64 }, new AdamWOptions { WeightDecay = 0.01 });
        var options = new TrainingOptions
        {
            OutputDirectory = directory,
            Resume = true,
            BatchSize = 4,
            Epochs = 40,
            CheckpointInterval = 3,
            ReferenceSynchronization = new(10, 0.5),
        };
        using var reference = TestPolicies.Random(1, policy.Settings);
        var trainer = new Trainer(policy, new BetaDpoLoss(), TestData.Of(ExampleKind.Pair, 40), options, reference);
        trainer.Run(progress);
        using var file = File.Create(Path.Combine(directory, FinalWeights));
        policy.SaveWeights(file);
    }

    private sealed class EachStep : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Console.Out.WriteLine(value.Step);
    }
}
