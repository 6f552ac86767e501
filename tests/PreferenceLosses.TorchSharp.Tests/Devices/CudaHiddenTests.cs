using PreferenceLosses.Losses;
using PreferenceLosses.Torch.Tests.Support;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Devices;

/// <summary>A head in chunks on a GPU against the CPU: with a stand-in for the device, and on one where there is one. (libtorch does not multiply matrices of float16 on the CPU.)</summary>
public sealed class CudaHiddenTests
{
    /// <summary>Gradients within a share of the largest: derivatives are rounded to their type once, and may be to its other neighbour.</summary>
    public static TheoryData<string, bool, int, double> Cases => new()
    {
        { "Float32", true, 4, 1e-6 }, { "Float32", false, 4, 1e-6 }, { "Float32", true, 1000, 1e-6 }, { "BFloat16", true, 4, 1 / 128.0 }, { "BFloat16", false, 1000, 1 / 128.0 },
    };

    [DeviceDoubleTheory]
    [MemberData(nameof(Cases))]
    public void Log_probabilities_are_those_of_the_CPU(string type, bool isHeadTrained, int chunk, double tolerance)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 1);
        batch.InPrecision(Enum.Parse<ScalarType>(type));
        batch.Head.requires_grad_(isHeadTrained);
        var expected = LogProbabilities(batch, chunk);
        using var device = new DeviceDouble();
        AssertNear(expected, LogProbabilities(batch, chunk), tolerance);
        var suffix = type == "Float32" ? "fp32" : "bf16";
        var rows = (int)TensorCase.Doubles(batch.Evaluate(1000, LossRoute.Lowered).Lengths).Sum();
        var chunks = (rows + chunk - 1) / chunk;

        // A trained head's logits are computed again on the way back, and a frozen head's derivatives are kept.
        Assert.Equal(chunks * (isHeadTrained ? 2 : 1), DeviceDouble.Launched.Count(kernel => kernel == $"forward_{suffix}"));
        Assert.Equal(chunks, DeviceDouble.Launched.Count(kernel => kernel == $"backward_{suffix}"));
    }

    [CudaTheory]
    [MemberData(nameof(Cases))]
    public void On_a_GPU_log_probabilities_are_those_of_the_CPU(string type, bool isHeadTrained, int chunk, double tolerance)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 1);
        batch.InPrecision(Enum.Parse<ScalarType>(type));
        batch.Head.requires_grad_(isHeadTrained);
        var expected = LogProbabilities(batch, chunk);
        batch.MoveTo(CUDA);
        AssertNear(expected, LogProbabilities(batch, chunk), tolerance);
    }

    [DeviceDoubleTheory]
    [InlineData("dpo", 3)]
    [InlineData("dpo", 14)]
    [InlineData("simpo", 3)]
    [InlineData("exo-pair", 3)]
    [InlineData("exo-pair", 1000)]
    [InlineData("aqfl", 3)]
    public void Losses_of_pairs_have_the_gradients_of_the_whole_computation(string name, int chunk)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 2);
        var expected = batch.Expected();
        using var device = new DeviceDouble();
        HiddenCase.AssertNear(expected, batch.Run(chunk, route: LossRoute.Fused), 2e-5, name);
    }

    [CudaTheory]
    [InlineData("dpo", 3)]
    [InlineData("exo-pair", 14)]
    [InlineData("aqfl", 1000)]
    public void On_a_GPU_losses_of_pairs_have_the_gradients_of_the_whole_computation(string name, int chunk)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 2);
        var expected = batch.Expected();
        batch.MoveTo(CUDA);
        HiddenCase.AssertNear(expected, batch.Run(chunk, route: LossRoute.Fused), 2e-5, name);
    }

    [DeviceDoubleFact]
    public void Where_the_gradient_is_factorized_no_logit_is_computed_twice()
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 3);
        using var device = new DeviceDouble();
        using var result = batch.Evaluate(chunk: 2, LossRoute.Fused);
        Assert.Equal(HeadGradient.Factorized, result.HeadGradient);
        var onTheWayForward = DeviceDouble.Launched.ToArray();
        var chunks = Enumerable.Range(0, 2 * HiddenCase.Pairs).Sum(s => ((int)TensorCase.Doubles(result.Lengths)[s] + 1) / 2);
        Assert.Equal((chunks, chunks), (onTheWayForward.Count(kernel => kernel == "forward_fp32"), onTheWayForward.Count(kernel => kernel == "backward_fp32")));
        result.Value.backward();
        Assert.Null(result.BackwardError);
        Assert.Equal(onTheWayForward, DeviceDouble.Launched);
    }

    /// <summary>A chunk of few rows of many logits, as one of a large vocabulary is.</summary>
    [DeviceDoubleFact]
    public void Blocks_share_the_rows_of_a_chunk_on_both_ways()
    {
        using var scope = NewDisposeScope();
        _ = manual_seed(6);
        var (hidden, head) = (randn(1, 3, 4).requires_grad_(), randn(8200, 4));
        var tokens = randint(0, 8200, new long[] { 1, 3 }, ScalarType.Int64);
        double[] Run()
        {
            hidden.grad = null;
            using var result = TensorLogProbabilities.FromHidden(hidden, head, tokens, route: LossRoute.Fused);
            result.Sums.sum().backward();
            Assert.Null(result.BackwardError);
            return [.. TensorCase.Doubles(result.Sums), .. TensorCase.Doubles(hidden.grad!)];
        }

        var expected = Run();
        using var device = new DeviceDouble();
        Assert.All(expected.Zip(Run()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(["forward_fp32", "combine_parts", "sum_sequences", "spread_upstream", "backward_fp32"], DeviceDouble.Launched);
    }

    [DeviceDoubleFact]
    public void Tokens_and_weights_are_treated_as_on_the_CPU()
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 4);
        batch.Others[Columns.Weight] = tensor([1.0f, 0, 0.5f, 2, 0]);
        var expected = batch.Expected();
        using var device = new DeviceDouble();
        HiddenCase.AssertNear(expected, batch.Run(chunk: 3, route: LossRoute.Fused), 2e-5, "weights");
        batch.Tokens[2, 3] = HiddenCase.Vocabulary;
        Assert.Contains("0 to 39 is needed", Assert.Throws<InvalidBatchException>(() => batch.Evaluate(3, LossRoute.Fused)).Message, StringComparison.Ordinal);

        // Until it was run on a device nobody gets it who has not asked for it.
        batch.Tokens[2, 3] = 1;
        Assert.Equal(LossRoute.Lowered, batch.Evaluate(chunk: 3).Route);
    }

    [DeviceDoubleTheory]
    [InlineData("dpo")]
    [InlineData("aqfl")]
    public void Steps_leave_no_tensors_behind(string name)
    {
        using var device = new DeviceDouble();
        using var outer = NewDisposeScope();
        var batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 5);
        long Step()
        {
            using (NewDisposeScope())
            {
                _ = batch.Run(chunk: 3, route: LossRoute.Fused);
            }

            return Tensor.TotalCount;
        }

        Step();
        Step();
        var counts = Enumerable.Range(0, 5).Select(_ => Step()).ToArray();
        Assert.All(counts, count => Assert.True(count <= counts[0], string.Join(", ", counts)));
    }

    private static (double[] Sums, double[] Lengths, double[] Hidden, double[] Head) LogProbabilities(HiddenCase batch, int chunk)
    {
        batch.Hidden.grad = null;
        batch.Head.grad = null;
        using var result = TensorLogProbabilities.FromHidden(batch.Hidden, batch.Head, batch.Tokens, batch.Mask, chunk, LossRoute.Fused);
        Assert.Equal(LossRoute.Fused, result.Route);
        (result.Sums * linspace(-1, 2, result.Sums.size(0)).to(result.Sums.device)).sum().backward();
        Assert.Null(result.BackwardError);
        return (
            TensorCase.Doubles(result.Sums), TensorCase.Doubles(result.Lengths), TensorCase.Doubles(batch.Hidden.grad!), batch.Head.grad is { } head ? TensorCase.Doubles(head) : []);
    }

    private static void AssertNear(
        (double[] Sums, double[] Lengths, double[] Hidden, double[] Head) expected,
        (double[] Sums, double[] Lengths, double[] Hidden, double[] Head) actual,
        double tolerance)
    {
        Assert.Equal(expected.Lengths, actual.Lengths);
        Assert.All(expected.Sums.Zip(actual.Sums), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        foreach (var (wanted, got) in new[] { (expected.Hidden, actual.Hidden), (expected.Head, actual.Head) })
        {
            Assert.Equal(wanted.Length, got.Length);
            var allowed = tolerance * wanted.Select(Math.Abs).DefaultIfEmpty().Max();
            Assert.All(wanted.Zip(got), pair => Assert.Equal(pair.First, pair.Second, allowed));
        }
    }
}
