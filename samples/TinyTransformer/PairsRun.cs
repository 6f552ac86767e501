using System.Globalization;
using PreferenceLosses.Torch;
using PreferenceLosses.Training;

namespace TinyTransformer;

/// <summary>Training on pairs of a file: fitted to the chosen texts, then trained with a preference loss against what was fitted.</summary>
internal static class PairsRun
{
    private const double HeldOut = 0.2;

    public static void Run(Arguments arguments)
    {
        var path = arguments.Pairs ?? Path.Combine(AppContext.BaseDirectory, "data", "pairs.jsonl");
        var split = new PromptSplit(HeldOut, arguments.Seed);
        TextExample[] all = [.. new PreferenceReader(path).Read()];
        TextExample[] training = [.. all.Where(split.IsTrainedOn)];
        TextExample[] others = [.. all.Where(split.IsHeldOut)];
        Console.WriteLine($"{training.Length} pairs of {Path.GetFileName(path)} to train on, and {others.Length} held out.");
        var transformer = Transformer.Make(arguments, training);
        var encoder = new ExampleEncoder(transformer.Tokenizer, new Truncation { MaxPromptLength = arguments.Length / 2, MaxCompletionLength = arguments.Length / 2 });
        var (pairs, heldOut) = (new ExampleList(encoder.Encode(training)), new ExampleList(encoder.Encode(others)));

        transformer.Fit(arguments, training.Select(pair => pair.Prompt + pair.Completions[0]), [.. others.Select(pair => pair.Prompt + pair.Completions[0])]);
        using var fitted = transformer.Policy;
        using var policy = fitted.Copy();
        var options = new TrainingOptions
        {
            Epochs = arguments.Epochs,
            BatchSize = arguments.Batch,
            LearningRate = arguments.Rate,
            WarmupSteps = 2,
            Seed = arguments.Seed,
            EvaluationSamples = 64,
            Sampling = new() { EndOfText = transformer.Tokenizer.EndOfText, MaximumLength = arguments.Length / 2 },
        };
        var loss = Transformer.Loss(arguments);
        using var trainer = new Trainer(policy, loss, pairs, options, reference: fitted, heldOut);
        var before = trainer.Evaluate();
        var after = trainer.Run(new Progress(loss.Name)).Metrics;

        Console.WriteLine($"\nTrained with {loss.Name} in {trainer.TotalSteps} steps. Of held-out pairs:");
        Console.WriteLine("                  loss  accuracy  reward margin  KL from the fitted model, nats a completion");
        Row("before", before);
        Row("after", after);
        var scores = PairScores.OfLogRatios(policy, fitted, heldOut);
        Console.WriteLine($"accuracy after, with its 95 % interval: {scores.Accuracy}; of preferring the shorter completion: {PairScores.OfShortness(heldOut).Accuracy}");
        Completion("fitted", transformer.Tokenizer, fitted, heldOut, options);
        Completion("trained", transformer.Tokenizer, policy, heldOut, options);
        Weights.Save(arguments, policy);
    }

    private static void Row(string name, IReadOnlyDictionary<string, double> metrics)
    {
        double Value(string metric) => metrics.TryGetValue(MetricNames.EvaluationPrefix + metric, out var value) ? value : double.NaN;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name,-14}{Value(MetricNames.Loss),8:F4}{Value(MetricNames.Accuracy),10:F3}{Value(MetricNames.Margin),15:F3}{Value(MetricNames.Kl),10:F3}"));
    }

    private static void Completion(string name, ITokenizer tokenizer, TorchPolicy policy, ExampleList heldOut, TrainingOptions options)
    {
        var prompt = heldOut[0].Prompt;
        var drawn = policy.Sample([prompt], options.Sampling! with { TopP = 0.9 }, new RandomStream(options.Seed));
        Console.WriteLine($"\n{name}: {tokenizer.Decode(prompt.Span).Trim()} → {tokenizer.Decode(drawn[0]).Trim()}");
    }
}
