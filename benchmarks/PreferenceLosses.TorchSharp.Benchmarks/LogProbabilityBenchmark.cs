using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Benchmarks;

/// <summary>Sequence log-probabilities from logits: fused against log_softmax and gather, in time and in peak memory.</summary>
internal static class LogProbabilityBenchmark
{
    private const int Sequences = 4, Length = 128;

    public static void Run(int vocabulary)
    {
        Console.WriteLine($"forward and backward, {Sequences} × {Length} rows of {vocabulary} logits, one thread; medians of 15 calls, in turns (and the quartiles of the ratio)");
        Console.WriteLine("| logits | log_softmax + gather, ms | fused, ms | fused in place, ms | ratio | ratio in place |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var (leaf, tokens) = Batch(vocabulary, type);
            void Step(LossRoute route, bool inPlace)
            {
                leaf.grad = null;
                // The output of a model: not a leaf, and no copy either.
                var result = TensorLogProbabilities.FromLogits(leaf.view(Sequences, Length, vocabulary), tokens, inPlace: inPlace, route: route);
                result.Sums.sum().backward();
            }

            // In place the logits become their gradients; where they are does not matter to the time.
            var results = Alternating.Run(
                15, 1, () => Step(LossRoute.Lowered, false), () => Step(LossRoute.Fused, false), () => Step(LossRoute.Fused, true));
            Console.WriteLine(FormattableString.Invariant(
                $"| {type} | {results[0].Microseconds / 1000:F1} | {results[1].Microseconds / 1000:F1} | {results[2].Microseconds / 1000:F1} | {results[1].Ratios} | {results[2].Ratios} |"));
        }
    }

    /// <summary>One step of one way, in a process of its own: the peak of the resident memory above what the logits take.</summary>
    public static void Memory(string way, int vocabulary)
    {
        using var scope = NewDisposeScope();
        var (leaf, tokens) = Batch(vocabulary, ScalarType.Float32);
        PeakMemory.Measure(way, () => TensorLogProbabilities.FromLogits(
            leaf.view(Sequences, Length, vocabulary), tokens, inPlace: way == "in-place", route: way == "lowered" ? LossRoute.Lowered : LossRoute.Fused).Sums.sum().backward());
    }

    private static (Tensor Leaf, Tensor Tokens) Batch(int vocabulary, ScalarType type)
    {
        _ = manual_seed(1);
        return (randn(Sequences * Length, vocabulary).to_type(type).requires_grad_(), randint(0, vocabulary, new long[] { Sequences, Length }, ScalarType.Int64));
    }
}
