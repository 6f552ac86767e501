using PreferenceLosses.Losses;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Benchmarks;

/// <summary>Pairs from hidden states through a head that is trained: all logits at once, in chunks that are computed again on the way back, and in one call with the loss.</summary>
internal static class HeadBenchmark
{
    private const int Sequences = 4, Length = 128, Size = 256, Chunk = 64;

    public static void Run(int vocabulary)
    {
        Console.WriteLine($"dpo forward and backward, {Sequences} × {Length} hidden states of {Size}, {vocabulary} tokens, single precision, one thread; medians of 5 calls, in turns (and the quartiles of the ratio)");
        Console.WriteLine("| rows at a time | all logits, ms | recomputed, ms | in one call, ms | ratio recomputed | ratio in one call |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var chunk in new[] { 256, Chunk })
        {
            var step = Step(vocabulary, chunk);
            var results = Alternating.Run(5, 1, () => step("pairs-lowered"), () => step("pairs-recomputed"), () => step("pairs-factorized"));
            Console.WriteLine(FormattableString.Invariant(
                $"| {chunk} | {results[0].Microseconds / 1000:F0} | {results[1].Microseconds / 1000:F0} | {results[2].Microseconds / 1000:F0} | {results[1].Ratios} | {results[2].Ratios} |"));
        }
    }

    /// <summary>One step of one way, in a process of its own: the peak of the resident memory above what hidden states and head take.</summary>
    public static void Memory(string way, int vocabulary)
    {
        using var scope = NewDisposeScope();
        var step = Step(vocabulary, Chunk);
        PeakMemory.Measure(way, () => step(way));
    }

    private static Action<string> Step(int vocabulary, int chunk)
    {
        _ = manual_seed(1);
        var hidden = randn(Sequences, Length, Size).requires_grad_();
        var head = (randn(vocabulary, Size) / Math.Sqrt(Size)).detach().requires_grad_();
        var tokens = randint(0, vocabulary, new long[] { Sequences, Length }, ScalarType.Int64);
        var others = new TensorBatch { [Columns.ReferenceChosen] = zeros(Sequences / 2), [Columns.ReferenceRejected] = zeros(Sequences / 2) };
        var loss = new DpoLoss();
        return way =>
        {
            hidden.grad = null;
            head.grad = null;
            var route = way.EndsWith("lowered", StringComparison.Ordinal) ? LossRoute.Lowered : LossRoute.Fused;
            if (way is "pairs-lowered" or "pairs-factorized")
            {
                loss.EvaluateFromHidden(hidden, head, tokens, others: others, chunk: chunk, route: route).Value.backward();
                return;
            }

            var sums = TensorLogProbabilities.FromHidden(hidden, head, tokens, chunk: chunk, route: route).Sums;
            var value = way == "pairs-recomputed"
                ? loss.Evaluate(sums.narrow(0, 0, 2), sums.narrow(0, 2, 2), others[Columns.ReferenceChosen], others[Columns.ReferenceRejected]).Value
                : sums.sum();
            value.backward();
        };
    }
}
