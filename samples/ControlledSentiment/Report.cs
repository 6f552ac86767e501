using PreferenceLosses.Training;
using static System.FormattableString;

namespace ControlledSentiment;

/// <summary>The results as tables.</summary>
internal static class Report
{
    /// <summary>Frontiers are compared up to here, in nats a completion.</summary>
    public const double MaximumKl = 10;

    public static void Setup(Corpus corpus, ControlledSentimentTask task, IReadOnlyList<ulong> seeds)
    {
        Console.WriteLine(Invariant($"{corpus.Sentences.Length} sentences from {corpus.Name}, {task.Vocabulary.Size} tokens, {corpus.Lexicon.Count} words with a valence."));
        foreach (var seed in seeds)
        {
            var scores = task.Measure(task.Base, seed);
            Console.WriteLine(Invariant($"Seed {seed}: {task.Pairs(seed).Count} pairs; the base's reward is {scores.Reward}, its completions have {scores.Length.Value:F1} tokens."));
        }

        Console.WriteLine("It writes, for example:");
        foreach (var completion in task.Measure(task.Base, seeds[0]).Completions.Take(3))
        {
            Console.WriteLine($"  {task.Tokenizer.Decode(completion.Prompt.Span)} | {task.Tokenizer.Decode(completion.Completion.Span)}");
        }
    }

    /// <summary>Reward and KL of every loss at every β.</summary>
    public static void Table(IReadOnlyList<FrontierRun> runs)
    {
        Console.WriteLine("\nReward / KL (nats a completion), means over seeds; × where no training came to its end");
        Console.WriteLine($"{"β",-9}{string.Concat(Grid.Betas.Select(beta => Invariant($"{beta,13}")))}");
        Observation[] observations = [.. Observation.Of(runs)];
        foreach (var (name, title, _) in Grid.Losses)
        {
            var means = Mean.Of(observations, name).ToDictionary(mean => mean.Beta);
            var cells = Grid.Betas.Select(beta => means.TryGetValue(beta, out var mean) ? Invariant($"{mean.Reward.Value:F3}/{mean.Kl.Value:F2}") : "×");
            Console.WriteLine($"{title,-9}{string.Concat(cells.Select(cell => $"{cell,13}"))}");
        }
    }

    /// <summary>The envelopes, and their differences to DPO's at equal seeds.</summary>
    public static void Envelopes(ControlledSentimentTask task, IReadOnlyList<FrontierRun> runs, IReadOnlyList<ulong> seeds)
    {
        Console.WriteLine(Invariant($"\nMean gain in reward over KL from 0 to {MaximumKl} nats under the concave envelope of the sweep (RewardEnvelope), 95 % intervals over seeds"));
        Console.WriteLine($"{"",-9}{"gain",8}  {"minus DPO's, paired",-30}{"stopped",9}");
        var dpo = Gains("dpo");
        foreach (var (name, title, _) in Grid.Losses)
        {
            var gains = Gains(name);
            var difference = seeds.Count > 1 ? PairedComparison.Of(gains, dpo).Difference.ToString() : "";
            Console.WriteLine(Invariant($"{title,-9}{gains.Average(),8:F4}  {difference,-30}{runs.Count(run => run.Loss == name && run.Point is null),9}"));
        }

        double[] Gains(string name) =>
        [
            .. seeds.Select(seed => RewardEnvelope.MeanGain(
                runs.Where(run => run.Loss == name && run.Seed == seed && run.Point is not null).Select(run => (run.Point!.Value.Kl.Value, run.Point.Value.Reward.Value)),
                task.Measure(task.Base, seed).Reward.Value,
                MaximumKl)),
        ];
    }
}
