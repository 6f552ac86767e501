using PreferenceLosses.Training;
using static System.FormattableString;

namespace ControlledSentiment;

/// <summary>The results as tables.</summary>
internal static class Report
{
    /// <summary>Frontiers are compared up to here, in nats a completion: where they rise, and all of DPO's.</summary>
    private static readonly double[] MaximumKl = [2, 10];

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
        var start = seeds.ToDictionary(seed => seed, seed => task.Measure(task.Base, seed).Reward.Value);
        foreach (var maximum in MaximumKl)
        {
            Console.WriteLine(Invariant($"\nMean gain in reward over KL from 0 to {maximum} nats under the concave envelope of the sweep (RewardEnvelope), 95 % intervals over seeds"));
            Console.WriteLine($"{"",-9}{"gain",8}  {"minus DPO's, paired",-34}{"stopped",8}");
            var dpo = Gains("dpo", maximum);
            foreach (var (name, title, _) in Grid.Losses)
            {
                var gains = Gains(name, maximum);
                var difference = seeds.Count > 1 && name != "dpo" ? PairedComparison.Of(gains, dpo).Difference.ToString() : "";
                Console.WriteLine(Invariant($"{title,-9}{gains.Average(),8:F4}  {difference,-34}{runs.Count(run => run.Loss == name && run.Point is null),8}"));
            }
        }

        double[] Gains(string name, double maximum) =>
        [
            .. seeds.Select(seed => RewardEnvelope.MeanGain(
                runs.Where(run => run.Loss == name && run.Seed == seed && run.Point is not null).Select(run => (run.Point!.Value.Kl.Value, run.Point.Value.Reward.Value)),
                start[seed],
                maximum)),
        ];
    }
}
