using System.Globalization;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Benchmarks;

/// <summary>Sequence log-probabilities from logits: fused against log_softmax and gather, in time and in peak memory.</summary>
internal static class LogProbabilityBenchmark
{
    private const int Sequences = 4, Length = 128, Size = 256;

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

    /// <summary>One step of one way, in a process of its own: the peak of the resident memory above what the logits (or hidden states and head) take.</summary>
    public static void Memory(string way, int vocabulary)
    {
        using var scope = NewDisposeScope();
        if (way.StartsWith("head", StringComparison.Ordinal))
        {
            var hidden = randn(Sequences, Length, Size).requires_grad_();
            var head = randn(vocabulary, Size).requires_grad_();
            var read = randint(0, vocabulary, new long[] { Sequences, Length }, ScalarType.Int64);
            Measure(way, () => TensorLogProbabilities.FromHidden(hidden, head, read, chunk: 64, route: way == "head-fused" ? LossRoute.Fused : LossRoute.Lowered).Sums.sum().backward());
            return;
        }

        var (leaf, tokens) = Batch(vocabulary, ScalarType.Float32);
        Measure(way, () => TensorLogProbabilities.FromLogits(
            leaf.view(Sequences, Length, vocabulary), tokens, inPlace: way == "in-place", route: way == "lowered" ? LossRoute.Lowered : LossRoute.Fused).Sums.sum().backward());
    }

    private static void Measure(string way, Action step)
    {
        // What libraries allocate at their first call is not what is measured.
        using (var warm = ones(4, 4).requires_grad_())
        {
            warm.log_softmax(-1).sum().backward();
        }

        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Status("VmRSS");
        step();
        Console.WriteLine(FormattableString.Invariant($"{way}: {(Status("VmHWM") - before) / 1024.0:F0} MiB above the {before / 1024.0:F0} MiB before the step"));
    }

    private static (Tensor Leaf, Tensor Tokens) Batch(int vocabulary, ScalarType type)
    {
        _ = manual_seed(1);
        return (randn(Sequences * Length, vocabulary).to_type(type).requires_grad_(), randint(0, vocabulary, new long[] { Sequences, Length }, ScalarType.Int64));
    }

    private static long Status(string field) => long.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split(':', StringSplitOptions.TrimEntries)[1].Split(' ')[0],
        CultureInfo.InvariantCulture);
}
