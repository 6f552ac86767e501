using PreferenceLosses.Losses;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Benchmarks;

/// <summary>Fused against lowered: forward, backward to the policy's log-probabilities, rewards.</summary>
internal static class LossBenchmark
{
    public static void Run(int pairs)
    {
        Console.WriteLine($"forward and backward, {pairs} pairs, single precision, one thread; medians of 201 rounds of 100 calls, in turns (and the quartiles of the ratio)");
        Console.WriteLine("| loss | lowered, `Value.backward()`, µs | fused, `Value.backward()`, µs | ratio | fused, `Backward()`, µs | ratio |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var name in new[] { "dpo", "discopop", "aqfl", "kto-pair", "aot" })
        {
            var loss = LossCatalog.BuiltIn.Find(name).Loss;
            _ = manual_seed(1);
            var referenceChosen = randn(pairs);
            var referenceRejected = randn(pairs);
            var policyChosen = (referenceChosen + randn(pairs)).requires_grad_();
            var policyRejected = (referenceRejected + randn(pairs)).requires_grad_();
            var batch = new TensorBatch(policyChosen, policyRejected, referenceChosen, referenceRejected);
            TensorLossResult Forward(LossRoute route)
            {
                policyChosen.grad = null;
                policyRejected.grad = null;
                return loss.Evaluate(batch, default, route);
            }

            var results = Alternating.Run(
                201, 100, () => Forward(LossRoute.Lowered).Value.backward(), () => Forward(LossRoute.Fused).Value.backward(), () => Forward(LossRoute.Fused).Backward());
            Console.WriteLine(FormattableString.Invariant(
                $"| `{name}` | {results[0].Microseconds:F1} | {results[1].Microseconds:F1} | {results[1].Ratios} | {results[2].Microseconds:F1} | {results[2].Ratios} |"));
        }
    }
}
