using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>Losses that sort or scan their batch, on a stand-in for the driver: columns go to the host and results come back.</summary>
[Collection(DriverDouble.Collection)]
public class HostEvaluationTests
{
    private static readonly IEnumerable<IPreferenceLoss> All = [.. LossCatalog.BuiltIn.Entries.Select(e => e.Loss), .. OperationLosses.All];

    private static readonly int[] Sizes = [20, 21, 300, 10];

    public static TheoryData<string> Sorting => [.. All.Where(l => HostEvaluation.IsNeededBy(l.Graph)).Select(l => l.Name)];

    [Fact]
    public void What_goes_through_the_host_is_what_kernels_refuse()
    {
        foreach (var loss in All)
        {
            var isRefused = false;
            try
            {
                LossKernel.Of(loss, Comparison.Variant(loss, Comparison.Batch(loss, 3), Reduction.Mean));
            }
            catch (NotSupportedException)
            {
                isRefused = true;
            }

            Assert.True(isRefused == HostEvaluation.IsNeededBy(loss.Graph), loss.Name);
        }

        Assert.All(All, loss => Assert.True(loss.Name is not ("aot" or "aot-unpaired") || HostEvaluation.IsNeededBy(loss.Graph)));
    }

    [CompilerTheory]
    [MemberData(nameof(Sorting))]
    public void The_results_are_those_of_the_CPU(string name)
    {
        DriverDouble.Configure();
        var loss = All.Single(l => l.Name == name);
        using var device = CudaDevice.Open();
        using var onDevice = new CudaLoss(device, loss);
        Assert.True(onDevice.GoesThroughHost);
        foreach (var (rows, isWeighted, reduction) in new[] { (64, false, Reduction.Mean), (7, true, Reduction.Sum), (50, true, Reduction.Mean), (1, false, Reduction.Mean) })
        {
            var batch = Comparison.Batch(loss, rows);
            var weights = isWeighted ? Comparison.Weights(rows) : null;
            var expected = loss.Evaluate(Comparison.Batch(batch, weights), new EvaluationOptions { Reduction = reduction, SingleRow = SingleRow.PyTorch });
            using var run = new Run(device, loss, batch, weights);
            run.Evaluate(onDevice, reduction);
            Assert.Equal(expected.Value, run.Scalars[0]);
            Assert.Equal(expected.Losses, run.Losses);
            Assert.All(run.Gradients, gradient => Assert.Equal(expected.Gradient(gradient.Key), gradient.Value));
            if (expected.Rewards is { } rewards)
            {
                Assert.Equal(rewards.Chosen, run.Chosen);
                Assert.Equal(rewards.Rejected, run.Rejected);
                Assert.Equal([rewards.MeanChosen, rewards.MeanRejected, rewards.Accuracy], run.Scalars[1..]);
            }
        }

        Assert.Empty(DriverDouble.Launched);
    }

    [CompilerFact]
    public void Gradients_are_of_the_losses_weighted_by_an_upstream()
    {
        DriverDouble.Configure();
        var loss = LossCatalog.BuiltIn.Find("aot").Loss;
        var batch = Comparison.Batch(loss, 9);
        var upstream = Enumerable.Range(0, 9).Select(i => (i % 5) - 1.5f).ToArray();
        var (chosen, rejected) = (new float[9], new float[9]);
        var total = loss.VectorJacobianProduct(
            Comparison.Batch(batch, null), upstream, new LossDestination<float> { PolicyChosen = chosen, PolicyRejected = rejected });
        using var device = CudaDevice.Open();
        using var onDevice = new CudaLoss(device, loss);
        using var run = new Run(device, loss, batch, null);
        using var memory = device.Allocate<float>(upstream);
        run.Evaluate(onDevice, Reduction.Mean, memory.Address);
        Assert.Equal(total, run.Scalars[0]);
        Assert.Equal(chosen, run.Gradients[Columns.PolicyChosen]);
        Assert.Equal(rejected, run.Gradients[Columns.PolicyRejected]);

        // With weights as well, those of 0 leave rows out, and the others are not looked at.
        var weights = Comparison.Weights(9);
        var kept = Enumerable.Range(0, 9).Where(i => weights[i] != 0).ToArray();
        var fewer = new FormulaBatch(kept.Length) { Columns = batch.Columns.ToDictionary(c => c.Key, c => kept.Select(i => c.Value[i]).ToArray()) };
        var keptChosen = new float[kept.Length];
        loss.VectorJacobianProduct(
            Comparison.Batch(fewer, null), kept.Select(i => upstream[i]).ToArray(), new LossDestination<float> { PolicyChosen = keptChosen });
        using var weighted = new Run(device, loss, batch, weights);
        weighted.Evaluate(onDevice, Reduction.Mean, memory.Address);
        Assert.Equal(keptChosen, kept.Select(i => weighted.Gradients[Columns.PolicyChosen][i]));
        Assert.Equal(0, weighted.Gradients[Columns.PolicyChosen][1]);
    }

    [CompilerFact]
    public void Batches_follow_each_other_without_waiting()
    {
        // The second one is read into the memory that the results of the first one leave from, and it is larger.
        DriverDouble.Configure();
        var loss = LossCatalog.BuiltIn.Find("aot").Loss;
        using var device = CudaDevice.Open();
        using var onDevice = new CudaLoss(device, loss);
        Run[] runs = [.. Sizes.Select(rows => new Run(device, loss, Comparison.Batch(loss, rows), null))];
        Array.ForEach(runs, run => run.Evaluate(onDevice, Reduction.Mean));
        foreach (var run in runs)
        {
            var expected = loss.Evaluate(Comparison.Batch(run.Batch, null));
            Assert.Equal(expected.Value, run.Scalars[0]);
            Assert.Equal(expected.Losses, run.Losses);
            Assert.Equal(expected.Gradient(Columns.PolicyChosen), run.Gradients[Columns.PolicyChosen]);
            run.Dispose();
        }
    }

    [CompilerFact]
    public void The_mean_of_no_rows_is_NaN()
    {
        DriverDouble.Configure();
        var loss = LossCatalog.BuiltIn.Find("aot").Loss;
        using var device = CudaDevice.Open();
        using var onDevice = new CudaLoss(device, loss);
        using var run = new Run(device, loss, Comparison.Batch(loss, 4), new double[4]);
        run.Evaluate(onDevice, Reduction.Mean);
        Assert.All(run.Scalars, scalar => Assert.Equal(double.NaN, scalar));
        Assert.All([run.Losses, run.Chosen, .. run.Gradients.Values], values => Assert.All(values, value => Assert.Equal(0, value)));
        run.Evaluate(onDevice, Reduction.Sum);
        Assert.Equal(0, run.Scalars[0]);
    }

    [CompilerFact]
    public void A_batch_is_refused_as_on_the_CPU()
    {
        DriverDouble.Configure();
        var loss = LossCatalog.BuiltIn.Find("aot").Loss;
        using var device = CudaDevice.Open();
        using var onDevice = new CudaLoss(device, loss);
        using var run = new Run(device, loss, Comparison.Batch(loss, 4).With(Columns.PolicyRejected, 2, double.NaN), null);
        var refused = Assert.Throws<InvalidBatchException>(() => run.Evaluate(onDevice, Reduction.Mean));
        Assert.Equal((Columns.PolicyRejected, 2), (refused.Column, refused.Row));
        Assert.Throws<ArgumentException>(() => onDevice.Evaluate(
            new CudaBatch { Rows = 4, Columns = new Dictionary<string, nint>() }, new CudaDestination { Scalars = run.ScalarAddress }));
    }

    [CompilerFact]
    public void It_is_on_the_stream_that_is_asked_for_and_gives_everything_back()
    {
        DriverDouble.Configure();
        var before = DriverDouble.Live();
        var loss = LossCatalog.BuiltIn.Find("aot").Loss;
        using (var device = CudaDevice.Open())
        {
            using var onDevice = new CudaLoss(device, loss);
            using var run = new Run(device, loss, Comparison.Batch(loss, 4), null);
            run.Evaluate(onDevice, Reduction.Mean);
            Assert.Equal(before[4] + 1, DriverDouble.Live()[4]);

            // Others use the same memory.
            var allocations = DriverDouble.HostAllocations;
            using (var another = new CudaLoss(device, LossCatalog.BuiltIn.Find("aot").Loss))
            {
                run.Evaluate(another, Reduction.Mean);
            }

            Assert.Equal((before[4] + 1, allocations), (DriverDouble.Live()[4], DriverDouble.HostAllocations));

            // The stand-in has no other stream than the default one.
            Assert.Equal("cuMemcpyDtoHAsync_v2", Assert.Throws<CudaException>(() => run.Evaluate(onDevice, Reduction.Mean, stream: 7)).Call);
            var columns = new CudaBatch { Rows = 4, Columns = run.Addresses };
            Assert.Equal(0, onDevice.ScratchBytes(columns, new CudaDestination { Scalars = run.ScalarAddress }));
        }

        Assert.Equal(before, DriverDouble.Live());
    }

    /// <summary>A batch on the device, with memory for everything that a loss gives of it.</summary>
    private sealed class Run : IDisposable
    {
        private readonly ColumnsOnDevice columns;
        private readonly Dictionary<string, DeviceMemory> gradients;
        private readonly DeviceMemory losses;
        private readonly DeviceMemory rewards;
        private readonly DeviceMemory scalars;
        private readonly IPreferenceLoss loss;

        public Run(CudaDevice device, IPreferenceLoss loss, FormulaBatch batch, double[]? weights)
        {
            this.loss = loss;
            Batch = batch;
            columns = new ColumnsOnDevice(device, batch, weights);
            gradients = loss.Graph.Inputs.Where(i => i.IsDifferentiable).ToDictionary(i => i.Name!, i => device.Allocate(4L * batch.Columns[i.Name!].Length));
            losses = device.Allocate(4L * batch.Rows * loss.Graph.Losses.Length);
            rewards = device.Allocate(8L * batch.Rows);
            scalars = device.Allocate(32);
        }

        public FormulaBatch Batch { get; }

        public Dictionary<string, nint> Addresses => columns.Addresses;

        public nint ScalarAddress => scalars.Address;

        public double[] Scalars => ColumnsOnDevice.Read<double>(scalars, 4);

        public float[] Losses => ColumnsOnDevice.Read<float>(losses, Batch.Rows * loss.Graph.Losses.Length);

        public float[] Chosen => ColumnsOnDevice.Read<float>(rewards, Batch.Rows);

        public float[] Rejected => ColumnsOnDevice.Read<float>(rewards, 2 * Batch.Rows)[Batch.Rows..];

        public Dictionary<string, float[]> Gradients =>
            gradients.ToDictionary(g => g.Key, g => ColumnsOnDevice.Read<float>(g.Value, (int)(g.Value.Bytes / sizeof(float))));

        public void Evaluate(CudaLoss onDevice, Reduction reduction, nint upstream = 0, nint stream = 0)
        {
            var hasRewards = loss.Graph.Rewards is not null;
            onDevice.Evaluate(
                new CudaBatch
                {
                    Rows = Batch.Rows, Columns = Addresses, Upstream = upstream, ResponsesPerRow = Batch.Responses, Scalars = Batch.Scalars, Reduction = reduction,
                },
                new CudaDestination
                {
                    Losses = losses.Address,
                    ChosenReward = hasRewards ? rewards.Address : 0,
                    RejectedReward = hasRewards ? rewards.Address + (sizeof(float) * Batch.Rows) : 0,
                    Gradients = gradients.ToDictionary(g => g.Key, g => g.Value.Address),
                    Scalars = scalars.Address,
                },
                stream);
        }

        public void Dispose()
        {
            columns.Dispose();
            losses.Dispose();
            rewards.Dispose();
            scalars.Dispose();
            foreach (var gradient in gradients.Values)
            {
                gradient.Dispose();
            }
        }
    }
}
