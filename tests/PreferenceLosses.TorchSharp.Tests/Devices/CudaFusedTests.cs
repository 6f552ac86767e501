using System.Globalization;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Devices;

/// <summary>The fused route on a GPU against the fused route on the CPU: with a stand-in for the device, and on one where there is one.</summary>
public sealed class CudaFusedTests
{
    private static readonly double[] Weights = [1, 0.5, 0, 2, 1, 0, 1.5];

    public static TheoryData<string> Names => ["dpo", "aqfl", "discopop", "kto-pair", "kto", "plackett-luce", "nll", "simpo"];

    [DeviceDoubleTheory]
    [MemberData(nameof(Names))]
    public void A_loss_is_that_of_the_CPU(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var (rows, reduction) in new[] { (13, Reduction.Mean), (8, Reduction.Sum), (loss.Graph.MinimumRows, Reduction.Mean) })
        {
            var tensors = new TensorCase(loss, AnyBatch.Random(loss, rows, seed: 1).Rounded<float>(), ScalarType.Float32);
            AssertSame(tensors, new EvaluationOptions { Reduction = reduction }, objective: null, ["loss", "loss"], name);
        }
    }

    [DeviceDoubleTheory]
    [MemberData(nameof(Names))]
    public void A_weight_of_0_excludes_a_row(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var tensors = new TensorCase(loss, AnyBatch.Random(loss, Weights.Length, seed: 5).Rounded<float>(), ScalarType.Float32);
        tensors.Batch[Columns.Weight] = tensor(Weights);
        AssertSame(tensors, default, objective: null, ["loss", "loss"], name);
        AssertSame(tensors, default, result => (result.Losses * linspace(1, 2, result.Losses.size(0))).sum(), ["loss", "loss", "loss"], name);
    }

    [DeviceDoubleTheory]
    [MemberData(nameof(Names))]
    public void A_reduction_of_ones_own_goes_back_through_the_losses(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var tensors = new TensorCase(loss, AnyBatch.Random(loss, 9, seed: 2).Rounded<float>(), ScalarType.Float32);
        AssertSame(
            tensors, default, result => (result.Losses * linspace(-1, 2, result.Losses.size(0))).sum() + (3 * result.Value), ["loss", "loss", "loss"], name);
    }

    [DeviceDoubleTheory]
    [InlineData("aot")]
    [InlineData("aot-unpaired")]
    public void A_loss_that_sorts_its_batch_goes_through_the_host(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var tensors = new TensorCase(loss, AnyBatch.Random(loss, Weights.Length, seed: 5).Rounded<float>(), ScalarType.Float32);
        AssertSame(tensors, default, result => (result.Losses * linspace(-1, 2, result.Losses.size(0))).sum() + (3 * result.Value), [], name);
        tensors.Batch[Columns.Weight] = tensor(Weights);
        AssertSame(tensors, new EvaluationOptions { Reduction = Reduction.Sum }, objective: null, [], name);
    }

    [DeviceDoubleFact]
    public void What_goes_through_the_host_keeps_its_page_locked_memory()
    {
        using var scope = NewDisposeScope();
        using var device = new DeviceDouble();
        var allocated = Enumerable.Range(0, 6).Select(i =>
        {
            // Losses of their own, and batches that grow at first.
            var loss = LossCatalog.BuiltIn.Find(i % 2 == 0 ? "aot" : "aot-unpaired").Loss;
            var tensors = new TensorCase(loss, AnyBatch.Random(loss, i == 0 ? 3 : 50 - i, seed: i).Rounded<float>(), ScalarType.Float32);
            _ = tensors.Run(LossRoute.Fused, default, objective: null);
            return DriverDouble.HostAllocations;
        }).ToArray();
        Assert.Equal(allocated[1], allocated[^1]);
        Assert.NotEqual(0, DriverDouble.Live()[4]);
    }

    [DeviceDoubleFact]
    public void Metrics_and_numbers_of_rows_are_those_of_the_CPU()
    {
        using var scope = NewDisposeScope();
        var loss = new DpoLoss();
        var batch = new TensorCase(loss, AnyBatch.Random(loss, Weights.Length, seed: 5).Rounded<float>(), ScalarType.Float32).Batch;
        batch[Columns.Weight] = tensor(Weights);
        var expected = loss.Evaluate(batch, route: LossRoute.Fused);
        using var device = new DeviceDouble();
        var actual = loss.Evaluate(batch, route: LossRoute.Fused);
        Assert.Equal((5, expected.Rewards!.Accuracy()), (actual.Rows, actual.Rewards!.Accuracy()));
        Assert.Equal(expected.Rewards.MeanMargin(), actual.Rewards.MeanMargin(), 1e-6);
        Assert.Equal(["loss"], DeviceDouble.Launched);

        batch[Columns.Weight] = zeros(Weights.Length);
        using var none = loss.Evaluate(batch, route: LossRoute.Fused);
        Assert.True(float.IsNaN(none.Value.item<float>()));
        Assert.Equal(0, none.Rows);
    }

    [DeviceDoubleFact]
    public void Strided_columns_of_half_precision_get_gradients_of_their_own()
    {
        using var scope = NewDisposeScope();
        Tensor Column(int seed)
        {
            _ = manual_seed(seed);
            return (randn(12) - tensor(20f)).to_type(ScalarType.BFloat16).requires_grad_();
        }

        var leaves = Enumerable.Range(0, 4).Select(Column).ToArray();
        double[] Run()
        {
            var columns = leaves.Select(leaf => leaf.slice(0, 1, 12, 3)).ToArray();
            using var result = new DpoLoss().Evaluate(new TensorBatch(columns[0], columns[1], columns[2], columns[3]), route: LossRoute.Fused);
            foreach (var leaf in leaves)
            {
                leaf.grad = null;
            }

            (2 * result.Value).backward();
            Assert.Null(result.BackwardError);
            Assert.All(leaves, leaf => Assert.Equal(ScalarType.BFloat16, leaf.grad!.dtype));
            return [.. leaves.SelectMany(leaf => TensorCase.Doubles(leaf.grad!))];
        }

        var expected = Run();
        using var device = new DeviceDouble();
        Assert.Equal(expected, Run());
        Assert.Equal(["loss"], DeviceDouble.Launched);
    }

    [DeviceDoubleFact]
    public void What_kernels_do_not_do_is_refused_on_the_way_forward()
    {
        using var scope = NewDisposeScope();
        TensorBatch Batch(IPreferenceLoss loss, ScalarType type) => new TensorCase(loss, AnyBatch.Random(loss, 6, seed: 2), type).Batch;
        string Refused(IPreferenceLoss loss, TensorBatch batch) =>
            Assert.Throws<NotSupportedException>(() => loss.Evaluate(batch, route: LossRoute.Fused)).Message;
        var numbering = LossCatalog.BuiltIn.Find("decaying-weights-logistic").Loss;
        using var device = new DeviceDouble();
        Assert.Contains("single precision on a GPU", Refused(new DpoLoss(), Batch(new DpoLoss(), ScalarType.Float64)), StringComparison.Ordinal);
        var weighted = Batch(numbering, ScalarType.Float32);
        weighted[Columns.Weight] = ones(6);
        Assert.Contains("numbers the rows", Refused(numbering, weighted), StringComparison.Ordinal);
        Assert.Empty(DeviceDouble.Launched);

        // Until it was run on a device nobody gets it who has not asked for it.
        Assert.Equal(LossRoute.Lowered, new DpoLoss().Evaluate(Batch(new DpoLoss(), ScalarType.Float32)).Route);
        Assert.Equal(LossRoute.Lowered, TensorLogProbabilities.FromLogits(zeros(1, 2, 3), zeros(1, 2, ScalarType.Int64)).Route);
        Assert.Equal(LossRoute.Lowered, TensorLogProbabilities.FromHidden(zeros(1, 2, 3), zeros(4, 3), zeros(1, 2, ScalarType.Int64)).Route);
        Assert.Empty(DeviceDouble.Launched);
    }

    [TorchFact]
    public void Other_devices_are_refused_by_their_name()
    {
        using var scope = NewDisposeScope();
        Tensor Nowhere(params long[] shape) => zeros(shape, device: META);
        var batch = new TensorBatch(Nowhere(2), Nowhere(2), Nowhere(2), Nowhere(2));
        Assert.Contains("on meta", Assert.Throws<NotSupportedException>(() => new DpoLoss().Evaluate(batch, route: LossRoute.Fused)).Message, StringComparison.Ordinal);
        var tokens = zeros(1, 2, ScalarType.Int64, META);
        Assert.Contains(
            "on meta", Assert.Throws<NotSupportedException>(() => TensorLogProbabilities.FromLogits(Nowhere(1, 2, 3), tokens, route: LossRoute.Fused)).Message, StringComparison.Ordinal);
    }

    [DeviceDoubleFact]
    public void A_second_derivative_is_NaN_and_says_so()
    {
        using var scope = NewDisposeScope();
        using var device = new DeviceDouble();
        var tensors = new TensorCase(new DpoLoss(), AnyBatch.Random(new DpoLoss(), 3, seed: 1), ScalarType.Float32);
        using var result = new DpoLoss().Evaluate(tensors.Batch, route: LossRoute.Fused);
        result.Value.backward(create_graph: true, retain_graph: true);
        Assert.IsType<NotSupportedException>(result.BackwardError);
        Assert.True(float.IsNaN(tensors.Batch[Columns.PolicyChosen].grad![0].item<float>()));
    }

    [DeviceDoubleFact]
    public void Batches_without_rows_have_losses_without_rows()
    {
        using var scope = NewDisposeScope();
        using var device = new DeviceDouble();
        var tensors = new TensorCase(new DpoLoss(), AnyBatch.Random(new DpoLoss(), 0, seed: 1), ScalarType.Float32);
        using var result = new DpoLoss().Evaluate(tensors.Batch, new EvaluationOptions { Reduction = Reduction.Sum }, LossRoute.Fused);
        result.Value.backward();
        Assert.Equal(0, result.Value.item<float>());
        Assert.Equal(0, result.Losses.numel());
        Assert.Equal(0, tensors.Batch[Columns.PolicyChosen].grad!.numel());
        Assert.Throws<InvalidOperationException>(() => new DpoLoss().Evaluate(tensors.Batch, route: LossRoute.Fused).Value);
        Assert.Empty(DeviceDouble.Launched);
    }

    [DeviceDoubleFact]
    public void Steps_leave_no_tensors_behind()
    {
        using var device = new DeviceDouble();
        var loss = new DpoLoss();
        using var outer = NewDisposeScope();
        var tensors = new TensorCase(loss, AnyBatch.Random(loss, 5, seed: 1), ScalarType.Float32);
        tensors.Batch[Columns.Weight] = ones(5);
        long Step()
        {
            using (NewDisposeScope())
            {
                _ = tensors.Run(LossRoute.Fused, objective: result => result.Losses.sum() + result.Value);
            }

            return Tensor.TotalCount;
        }

        Step();
        Step();
        var counts = Enumerable.Range(0, 5).Select(_ => Step()).ToArray();
        Assert.All(counts, count => Assert.True(count <= counts[0], string.Join(", ", counts)));
    }

    [CudaTheory]
    [MemberData(nameof(Names))]
    public void On_a_GPU_a_loss_is_that_of_the_CPU(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var rows in new[] { 13, 20000 })
        {
            var batch = AnyBatch.Random(loss, rows, seed: 1).Rounded<float>();
            AssertNear(
                new TensorCase(loss, batch, ScalarType.Float32).Run(LossRoute.Fused), new TensorCase(loss, batch, ScalarType.Float32, CUDA).Run(LossRoute.Fused), name);
        }
    }

    /// <summary>The same numbers; the reduced loss is added up in another order, in double precision.</summary>
    private static void AssertSame(
        TensorCase tensors, EvaluationOptions options, Func<TensorLossResult, Tensor>? objective, string[] launches, string what)
    {
        var expected = tensors.Run(LossRoute.Fused, options, objective);
        using var device = new DeviceDouble();
        AssertNear(expected, tensors.Run(LossRoute.Fused, options, objective), what);
        Assert.Equal(launches, DeviceDouble.Launched);
    }

    private static void AssertNear(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual, string what)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (key, values) in expected)
        {
            Assert.Equal(values.Length, actual[key].Length);
            for (var i = 0; i < values.Length; i++)
            {
                // Two roundings of single precision.
                var (wanted, got) = (values[i], actual[key][i]);
                Assert.True(
                    Math.Abs(wanted - got) <= 1.2e-7 * Math.Abs(wanted),
                    string.Create(CultureInfo.InvariantCulture, $"{what}: {key}[{i}] is {got:R}; expected {wanted:R}"));
            }
        }
    }
}
