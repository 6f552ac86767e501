using System.Diagnostics;
using System.Globalization;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace PreferenceLosses.Benchmarks;

/// <summary>
/// How fast the default policy is trained with DPO on a file of pairs: all of a step, from the tokens of the examples to the new weights. The reference's
/// log-probabilities are computed before.
/// </summary>
internal static class TrainingSpeed
{
    private const int Epochs = 9;

    /// <summary>Prints the settings, and completion tokens per second of each epoch.</summary>
    public static void Run(string path, int threads, TextWriter output)
    {
        var texts = new PreferenceReader(path).Read().ToArray();
        var tokenizer = new WordTokenizer(Vocabulary.Of(texts));
        var examples = new ExampleList(new ExampleEncoder(tokenizer).Encode(texts));
        var policy = new NGramPolicy(new NGramSettings { VocabularySize = tokenizer.VocabularySize }) { MaxThreads = threads };
        var options = new TrainingOptions { Epochs = Epochs };
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{examples.Count} pairs, {tokenizer.VocabularySize} words, {policy.Settings.Order}-grams in {policy.Settings.Buckets} buckets, AdamW, batches of {options.BatchSize}, {threads} threads"));

        var perEpoch = new List<double>();
        var watch = new Stopwatch();
        var before = 0.0;
        using var trainer = new Trainer(policy, new DpoLoss(), examples, options);
        trainer.Run(new EachStep(progress =>
        {
            if (progress.Step % (progress.TotalSteps / Epochs) == 0)
            {
                var tokens = progress.Metrics[MetricNames.Tokens];
                if (watch.IsRunning)
                {
                    perEpoch.Add((tokens - before) / watch.Elapsed.TotalSeconds);
                }

                before = tokens;
                watch.Restart();
            }
        }));

        // The first epoch is the JIT's.
        perEpoch.Sort();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"completion tokens per second: median {perEpoch[perEpoch.Count / 2]:N0}, from {perEpoch[0]:N0} to {perEpoch[^1]:N0} over {perEpoch.Count} epochs"));
    }

    private sealed class EachStep(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
