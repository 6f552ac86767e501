using PreferenceLosses.Losses;
using PreferenceLosses.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Devices;

/// <summary>Log-probabilities fused on a GPU against those of the CPU: with a stand-in for the device, and on one where there is one.</summary>
public sealed class CudaFusedLogProbabilityTests
{
    private const int Sequences = 3, Length = 5, Vocabulary = 37;

    /// <summary>Gradients are rounded once to their type; a value that lies between two of them may go the other way.</summary>
    public static TheoryData<string, bool, double> Cases => new()
    {
        { "Float32", false, 1e-6 }, { "Float32", true, 1e-6 }, { "BFloat16", false, 1 / 128.0 }, { "BFloat16", true, 1 / 128.0 }, { "Float16", true, 1 / 1024.0 },
    };

    [DeviceDoubleTheory]
    [MemberData(nameof(Cases))]
    public void They_are_those_of_the_CPU(string type, bool inPlace, double tolerance)
    {
        using var scope = NewDisposeScope();
        var batch = new Batch(Enum.Parse<ScalarType>(type), CPU);
        var expected = batch.Run(inPlace);
        using var device = new DeviceDouble();
        AssertNear(expected, batch.Run(inPlace), tolerance);
        var suffix = type switch { "Float32" => "fp32", "BFloat16" => "bf16", _ => "fp16" };
        Assert.Equal([$"forward_{suffix}", "sum_sequences", "spread_upstream", $"backward_{suffix}"], DeviceDouble.Launched);
    }

    [CudaTheory]
    [MemberData(nameof(Cases))]
    public void On_a_GPU_they_are_those_of_the_CPU(string type, bool inPlace, double tolerance)
    {
        using var scope = NewDisposeScope();
        var expected = new Batch(Enum.Parse<ScalarType>(type), CPU).Run(inPlace);
        AssertNear(expected, new Batch(Enum.Parse<ScalarType>(type), CUDA).Run(inPlace), tolerance);
    }

    /// <summary>The chosen and the rejected half of the sums are tensors that begin in the middle of others. Few rows of many logits are shared by blocks.</summary>
    [DeviceDoubleTheory]
    [InlineData(Vocabulary)]
    [InlineData(8192)]
    public void From_logits_through_a_loss_and_back(int vocabulary)
    {
        using var scope = NewDisposeScope();
        _ = manual_seed(4);
        var leaf = randn(4, Length, vocabulary).requires_grad_();
        var tokens = randint(0, vocabulary, new long[] { 4, Length }, ScalarType.Int64);
        double[] Run()
        {
            leaf.grad = null;
            using var policy = TensorLogProbabilities.FromLogits(leaf, tokens, route: LossRoute.Fused);
            using var result = new DpoLoss().Evaluate(
                new TensorBatch(policy.Sums.narrow(0, 0, 2), policy.Sums.narrow(0, 2, 2), tensor([-15f, -16f]), tensor([-17f, -14f])), route: LossRoute.Fused);
            result.Value.backward();
            return [result.Value.item<float>(), .. TensorCase.Doubles(leaf.grad!)];
        }

        var expected = Run();
        using var device = new DeviceDouble();
        Assert.All(expected.Zip(Run()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        string[] shared = vocabulary < 8192 ? [] : ["combine_parts"];
        Assert.Equal(["forward_fp32", .. shared, "sum_sequences", "loss", "spread_upstream", "backward_fp32"], DeviceDouble.Launched);
    }

    [DeviceDoubleFact]
    public void In_place_means_in_place_and_once()
    {
        using var scope = NewDisposeScope();
        using var device = new DeviceDouble();
        var batch = new Batch(ScalarType.Float32, CPU);
        var logits = batch.Leaf.clone();
        using var result = TensorLogProbabilities.FromLogits(logits, batch.Tokens, batch.Mask, inPlace: true);
        Assert.Equal(LossRoute.Fused, result.Route);
        var objective = result.Sums.sum();
        objective.backward(retain_graph: true);
        Assert.Null(result.BackwardError);
        Assert.Equal(TensorCase.Doubles(batch.Leaf.grad!), TensorCase.Doubles(logits));
        objective.backward();
        Assert.Contains("second way back", Assert.IsType<InvalidOperationException>(result.BackwardError).Message, StringComparison.Ordinal);
        Assert.True(float.IsNaN(batch.Leaf.grad![0, 0, 0].item<float>()));
        Assert.Throws<ArgumentException>(() => TensorLogProbabilities.FromLogits(batch.Leaf, batch.Tokens, inPlace: true));
    }

    [DeviceDoubleFact]
    public void A_token_of_no_vocabulary_makes_its_sequence_NaN_and_reads_nothing()
    {
        using var scope = NewDisposeScope();
        using var device = new DeviceDouble();
        var batch = new Batch(ScalarType.Float32, CPU);
        foreach (var token in new[] { Vocabulary, 100_000, -1, 1L << 40 })
        {
            batch.Tokens[2, 2] = token;
            using var result = TensorLogProbabilities.FromLogits(batch.Leaf, batch.Tokens, batch.Mask, route: LossRoute.Fused);
            Assert.Equal([false, false, true], TensorCase.Doubles(result.Sums).Select(double.IsNaN));
        }

        Assert.Equal(8, DeviceDouble.Launched.Count);
    }

    [DeviceDoubleTheory]
    [InlineData(0, 5)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    public void Batches_without_a_predicted_token_have_sums_of_0(int sequences, int length)
    {
        using var scope = NewDisposeScope();
        using var device = new DeviceDouble();
        var logits = zeros(sequences, length, 4, requires_grad: true);
        using var result = TensorLogProbabilities.FromLogits(logits, zeros(sequences, length, ScalarType.Int64), route: LossRoute.Fused);
        Assert.Equal(new double[sequences], TensorCase.Doubles(result.Sums));
        Assert.Equal(new double[sequences], TensorCase.Doubles(result.Lengths));
        result.Sums.sum().backward();
        Assert.Null(result.BackwardError);
        Assert.All(TensorCase.Doubles(logits.grad!), gradient => Assert.Equal(0, gradient));
    }

    [DeviceDoubleFact]
    public void Steps_leave_no_tensors_behind()
    {
        using var scope = NewDisposeScope();
        using var device = new DeviceDouble();
        var batch = new Batch(ScalarType.Float32, CPU);
        long Step()
        {
            using (NewDisposeScope())
            {
                _ = batch.Run(inPlace: true);
            }

            return Tensor.TotalCount;
        }

        Step();
        Step();
        var counts = Enumerable.Range(0, 5).Select(_ => Step()).ToArray();
        Assert.All(counts, count => Assert.True(count <= counts[0], string.Join(", ", counts)));
    }

    private static void AssertNear((double[] Sums, double[] Lengths, double[] Gradient) expected, (double[] Sums, double[] Lengths, double[] Gradient) actual, double tolerance)
    {
        Assert.Equal(expected.Lengths, actual.Lengths);
        Assert.All(expected.Sums.Zip(actual.Sums), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.All(expected.Gradient.Zip(actual.Gradient), pair => Assert.Equal(pair.First, pair.Second, 1e-6 + (tolerance * Math.Abs(pair.First))));
    }

    /// <summary>Logits, tokens of which one does not count, and a mask.</summary>
    private sealed class Batch
    {
        public Batch(ScalarType type, Device device)
        {
            _ = manual_seed(1);
            Leaf = (randn(Sequences, Length, Vocabulary) * tensor(3f)).to_type(type).to(device).requires_grad_();
            var tokens = randint(0, Vocabulary, new long[] { Sequences, Length }, ScalarType.Int64);
            tokens[0, 3] = -100;
            var mask = ones(Sequences, Length, ScalarType.Bool);
            mask[1, 0] = false;
            mask[1, 1] = false;
            mask[2, 4] = false;
            (Tokens, Mask) = (tokens.to(device), mask.to(device));
        }

        public Tensor Leaf { get; }

        public Tensor Tokens { get; }

        public Tensor Mask { get; }

        public (double[] Sums, double[] Lengths, double[] Gradient) Run(bool inPlace)
        {
            Leaf.grad = null;
            using var result = TensorLogProbabilities.FromLogits(inPlace ? Leaf.clone() : Leaf, Tokens, Mask, inPlace, LossRoute.Fused);
            Assert.Equal(LossRoute.Fused, result.Route);
            (result.Sums * tensor([0.5f, -2f, 1f]).to(result.Sums.device)).sum().backward();
            Assert.Null(result.BackwardError);
            return (TensorCase.Doubles(result.Sums), TensorCase.Doubles(result.Lengths), TensorCase.Doubles(Leaf.grad!));
        }
    }
}
