using System.Runtime.CompilerServices;
using PreferenceLosses.Cuda.Driver;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>The whole way of a launch, on a stand-in for the driver whose kernels the interpreter runs.</summary>
[Collection(DriverDouble.Collection)]
public class DriverTests
{
    [CompilerFact]
    public void A_loss_on_a_device_is_the_loss_on_the_CPU()
    {
        DriverDouble.Configure();
        var loss = new DpoLoss();
        var batch = Comparison.Batch(loss, 100);
        var weights = Comparison.Weights(100);
        var expected = loss.Evaluate(Comparison.Batch(batch, weights));
        using var device = CudaDevice.Open();
        using var onDevice = new CudaLoss(device, loss) { Cut = Comparison.SmallBlocks };
        using var memory = new ColumnsOnDevice(device, batch, weights);
        using var losses = device.Allocate(400);
        using var gradient = device.Allocate(400);
        using var scalars = device.Allocate(32);

        onDevice.Evaluate(
            new CudaBatch { Rows = 100, Columns = memory.Addresses },
            new CudaDestination { Losses = losses.Address, Scalars = scalars.Address, Gradients = new Dictionary<string, nint> { [Columns.PolicyRejected] = gradient.Address } });

        Assert.Equal(["loss_pass_0", "loss_pass_1", "loss_finish"], DriverDouble.Launched);
        Assert.Equal(expected.Losses.ToArray(), ColumnsOnDevice.Read<float>(losses, 100));
        Assert.Equal(expected.Gradient(Columns.PolicyRejected).ToArray(), ColumnsOnDevice.Read<float>(gradient, 100));
        Assert.Equal(expected.Value, ColumnsOnDevice.Read<double>(scalars, 1)[0], 1e-12);
    }

    [CompilerFact]
    public void Memory_between_passes_can_be_the_callers()
    {
        DriverDouble.Configure();
        var loss = new DpoLoss();
        var batch = Comparison.Batch(loss, 100);
        using var device = CudaDevice.Open();
        using var onDevice = new CudaLoss(device, loss) { Cut = Comparison.SmallBlocks };
        using var memory = new ColumnsOnDevice(device, batch, null);
        using var scalars = device.Allocate(32);
        var columns = new CudaBatch { Rows = 100, Columns = memory.Addresses };
        var bytes = onDevice.ScratchBytes(columns, new CudaDestination { Scalars = scalars.Address });
        using var scratch = device.Allocate(bytes);
        var before = DriverDouble.Live()[0];
        onDevice.Evaluate(columns, new CudaDestination { Scalars = scalars.Address, Scratch = scratch.Address });
        Assert.Equal(before, DriverDouble.Live()[0]);
        Assert.Equal(loss.Evaluate(Comparison.Batch(batch, null)).Value, ColumnsOnDevice.Read<double>(scalars, 1)[0], 1e-12);
        Assert.Contains(ColumnsOnDevice.Read<byte>(scratch, (int)bytes), value => value != 0xFF);
    }

    [CompilerFact]
    public void Another_thread_and_another_hyper_parameter_need_no_other_module()
    {
        DriverDouble.Configure();
        using var device = CudaDevice.Open();
        var batch = Comparison.Batch(new DpoLoss(), 20);
        using var memory = new ColumnsOnDevice(device, batch, null);
        using var scalars = device.Allocate(32);
        foreach (var beta in new[] { 0.1, 0.7 })
        {
            var loss = new DpoLoss { Beta = beta };
            double value = 0;

            // A thread of its own has no context until it is given one.
            var thread = new Thread(() =>
            {
                using var onDevice = new CudaLoss(device, loss);
                onDevice.Evaluate(new CudaBatch { Rows = 20, Columns = memory.Addresses }, new CudaDestination { Scalars = scalars.Address });
                device.Synchronize();
                value = ColumnsOnDevice.Read<double>(scalars, 1)[0];
            });
            thread.Start();
            thread.Join();
            Assert.Equal(loss.Evaluate(Comparison.Batch(batch, null)).Value, value, 1e-12);
        }

        Assert.Equal(["loss", "loss"], DriverDouble.Launched);
        Assert.Equal(1, DriverDouble.Loads);
    }

    [CompilerFact]
    public void A_module_is_loaded_once_for_each_kernel_and_device()
    {
        DriverDouble.Configure();
        var before = DriverDouble.Live();
        using var device = CudaDevice.Open();
        var batch = Comparison.Batch(new DpoLoss(), 20);
        using var memory = new ColumnsOnDevice(device, batch, null);
        using var scalars = device.Allocate(32);
        using var losses = device.Allocate(80);
        void Evaluate(CudaDevice on, double beta, DeviceMemory? losses = null)
        {
            using var onDevice = new CudaLoss(on, new DpoLoss { Beta = beta });
            onDevice.Evaluate(
                new CudaBatch { Rows = 20, Columns = memory.Addresses }, new CudaDestination { Scalars = scalars.Address, Losses = losses?.Address ?? 0 });
        }

        // A sweep loads nothing after its first evaluation, whatever objects it makes.
        foreach (var beta in Enumerable.Range(1, 10))
        {
            Evaluate(device, beta / 10.0);
            Assert.Equal(1, DriverDouble.Loads);
        }

        // Other results need another kernel, and another device loads its own.
        Evaluate(device, 0.1, losses);
        Evaluate(device, 0.2, losses);
        Assert.Equal(2, DriverDouble.Loads);
        using (var other = CudaDevice.Open())
        {
            Evaluate(other, 0.1);
            Evaluate(other, 0.2);
            Assert.Equal(3, DriverDouble.Loads);
            Assert.Equal(before[1] + 3, DriverDouble.Live()[1]);
        }

        Assert.Equal(before[1] + 2, DriverDouble.Live()[1]);
    }

    [CompilerFact]
    public void A_module_whose_text_nobody_has_any_more_is_unloaded()
    {
        DriverDouble.Configure();
        using var device = CudaDevice.Open();
        var before = DriverDouble.Live()[1];
        Load();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal((before, 1), (DriverDouble.Live()[1], DriverDouble.Loads));

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Load()
        {
            device.Module(new ModuleText(RowKernels.Text));
            Assert.Equal(before + 1, DriverDouble.Live()[1]);
        }
    }

    [CompilerFact]
    public void Threads_that_come_first_together_load_a_module_once()
    {
        DriverDouble.Configure();
        using var device = CudaDevice.Open();
        using var meeting = new Barrier(8);
        var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            meeting.SignalAndWait();
            device.Module(RowKernels.Module);
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(1, DriverDouble.Loads);
    }

    [CompilerTheory]
    [InlineData("dpo", LogitFormat.Fp32, true, 37)]
    [InlineData("simpo", LogitFormat.Fp32, false, 37)]
    [InlineData("kto-pair", LogitFormat.Bf16, false, 37)]
    [InlineData("nll", LogitFormat.Fp32, true, 37)]
    [InlineData("aot", LogitFormat.Fp32, true, 37)]
    [InlineData("dpo", LogitFormat.Bf16, true, 8197)]
    [InlineData("wpo", LogitFormat.Fp32, true, 37)]
    [InlineData("wpo", LogitFormat.Fp32, false, 8197)]
    [InlineData("dpo", LogitFormat.Fp32, true, 37, 0.5)]
    [InlineData("wpo", LogitFormat.Fp32, true, 37, 0.0)]
    public void From_logits_to_their_gradient_in_one_call(string name, LogitFormat format, bool isInPlace, int vocabulary, double tailShare = 1)
    {
        DriverDouble.Configure();
        const int Pairs = 3;
        var stride = vocabulary + 3;
        int[] offsets = [0, 3, 5, 6, 9, 11, 14];
        var random = new Random(2);
        var labels = Enumerable.Range(0, offsets[^1]).Select(i => offsets.Contains(i) || i % 3 > 0 ? random.Next(vocabulary) : -100).ToArray();
        var bytes = EmulatedRows.Encode([.. Enumerable.Range(0, labels.Length * stride).Select(_ => (float)(random.NextDouble() * 6))], format);
        var logits = EmulatedRows.Decode(bytes, format);
        float[] reference = [-3, -5, -2.5f];
        PreferenceLoss loss = name == "wpo" ? new DpoLoss().With(Modification.PairWeights) : LossCatalog.BuiltIn.Find(name).Loss;

        var needsReference = loss.Graph.Inputs.Any(i => i.Name == Columns.ReferenceChosen);
        var expected = new float[logits.Length];
        double[] given = [.. reference.Select(r => (double)r)];
        var cpu = new PairLossFromLogits(loss) { TailShare = tailShare };
        var value = cpu.Evaluate(
            Logits.Of(logits, vocabulary, stride), new TokenSequences { Labels = labels, Offsets = offsets },
            needsReference ? new PreferenceBatch<double> { ReferenceChosen = given, ReferenceRejected = given } : default,
            LogitGradients.Of(expected, vocabulary, stride));

        using var device = CudaDevice.Open();
        using var onDevice = new CudaPairLossFromLogits(device, loss) { TailShare = tailShare };
        using var memory = device.Allocate<byte>(bytes);
        using var other = device.Allocate(bytes.Length);
        using var labelMemory = device.Allocate<int>(labels);
        using var offsetMemory = device.Allocate<int>(offsets);
        using var referenceMemory = device.Allocate<float>(reference);
        using var scalars = device.Allocate(32);
        using var losses = device.Allocate(sizeof(float) * 2 * Pairs);
        var rows = new CudaLogits { Address = memory.Address, Format = format, Rows = labels.Length, Vocabulary = vocabulary, RowStride = stride };
        onDevice.Evaluate(
            rows,
            new CudaTokenSequences { Labels = labelMemory.Address, Offsets = offsetMemory.Address, Count = 2 * Pairs },
            new CudaBatch
            {
                Rows = Pairs,
                Columns = new Dictionary<string, nint> { [Columns.ReferenceChosen] = referenceMemory.Address, [Columns.ReferenceRejected] = referenceMemory.Address },
            },
            new CudaDestination { Losses = losses.Address, Scalars = scalars.Address },
            isInPlace ? rows : rows with { Address = other.Address });

        Assert.Null(DriverDouble.Failure);

        // Few rows of many logits are shared by blocks.
        Assert.Equal(vocabulary > 8192, DriverDouble.Launched.Exists(name => name.StartsWith("combine_parts", StringComparison.Ordinal)));
        Assert.Equal(value, ColumnsOnDevice.Read<double>(scalars, 1)[0], 1e-5);
        Assert.All(cpu.Losses.ToArray().Zip(ColumnsOnDevice.Read<float>(losses, cpu.Losses.Length)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        var gradients = EmulatedRows.Decode(ColumnsOnDevice.Read<byte>(isInPlace ? memory : other, bytes.Length), format);
        for (var i = 0; i < gradients.Length; i++)
        {
            if (i % stride < vocabulary)
            {
                Assert.Equal(expected[i], gradients[i], (format == LogitFormat.Bf16 ? Math.Abs(expected[i]) / 200 : 0) + 1e-6);
            }
        }
    }

    [CompilerFact]
    public void Everything_is_given_back()
    {
        DriverDouble.Configure();
        var before = DriverDouble.Live();
        using (var device = CudaDevice.Open())
        {
            using var memory = device.Allocate<float>([1, 2]);
            device.Module(RowKernels.Module);
            Assert.Equal(0.5, device.Time(() => { }), 1e-6);
            Assert.NotEqual(before, DriverDouble.Live());
        }

        Assert.Equal(before, DriverDouble.Live());
    }

    [CompilerFact]
    public void Memory_that_is_disposed_after_its_device_keeps_the_context()
    {
        DriverDouble.Configure();
        var before = DriverDouble.Live();
        var device = CudaDevice.Open();
        var memory = device.Allocate(8);
        device.Dispose();
        Assert.Equal(before[3] + 1, DriverDouble.Live()[3]);
        memory.Dispose();
        Assert.Equal(before, DriverDouble.Live());
        Assert.Throws<ObjectDisposedException>(() => device.Allocate(8));
        Assert.Throws<ObjectDisposedException>(() => memory.Address);
    }

    [CompilerFact]
    public void Copies_of_page_locked_memory_do_not_wait()
    {
        DriverDouble.Configure();
        var before = DriverDouble.Live();
        using (var device = CudaDevice.Open())
        {
            using var memory = device.Allocate<float>([1, 2, 3, 4]);
            using var host = device.AllocatePinned(24);

            // The stand-in copies as late as it may: when somebody waits.
            host.CopyFromDevice(memory.Address, 8, 16);
            Assert.Equal(float.NaN, host.Values<float>(8, 4)[0]);
            device.Synchronize();
            Assert.Equal([1, 2, 3, 4], host.Values<float>(8, 4));

            host.Values<float>(0, 2)[0] = 7;
            host.CopyToDevice(memory.Address + 12, 0, 4);
            host.CopyFromDevice(memory.Address + 12, 4, 4);
            device.Synchronize();
            Assert.Equal([7, 7], host.Values<float>(0, 2));
            Assert.Equal([1, 2, 3, 7], ColumnsOnDevice.Read<float>(memory, 4));

            // Memory that is freed under a copy waits for it.
            var other = device.AllocatePinned(8);
            other.Values<double>(0, 1)[0] = 1;
            other.CopyToDevice(memory.Address, 0, 8);
            other.Dispose();
            Assert.Equal(1, ColumnsOnDevice.Read<double>(memory, 1)[0]);
            Assert.Throws<ObjectDisposedException>(() => other.Address);
            Assert.Throws<ObjectDisposedException>(() => other.CopyFromDevice(memory.Address, 0, 8));
        }

        Assert.Equal(before, DriverDouble.Live());
    }

    [CompilerFact]
    public void Copies_beyond_page_locked_memory_are_refused()
    {
        DriverDouble.Configure(largestAllocation: 100);
        using var device = CudaDevice.Open();
        using var memory = device.Allocate(32);
        using var host = device.AllocatePinned(16);
        foreach (var (start, bytes) in new (long, long)[] { (-1, 4), (0, 17), (17, 0), (13, 4), (4, -4), (16, long.MaxValue) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => host.CopyFromDevice(memory.Address, start, bytes));
            Assert.Throws<ArgumentOutOfRangeException>(() => host.CopyToDevice(memory.Address, start, bytes));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => host.Values<double>(8, 2).Length);
        Assert.Equal("cuMemcpyDtoHAsync_v2", Assert.Throws<CudaException>(() => host.CopyFromDevice(memory.Address, 0, 16, stream: 7)).Call);
        Assert.Equal("cuMemcpyHtoDAsync_v2", Assert.Throws<CudaException>(() => host.CopyToDevice(memory.Address, 0, 16, stream: 7)).Call);
        var full = Assert.Throws<CudaException>(() => device.AllocatePinned(101));
        Assert.Equal(("cuMemHostAlloc", 2), (full.Call, full.Error));
    }

    [CompilerTheory]
    [InlineData(10020, 1, 9, "for CUDA 10.2; 11.0 or later")]
    [InlineData(12080, 0, 9, "no CUDA device 0; there are 0")]
    [InlineData(12080, 1, 7, "compute capability 7.x; 8.0 (Ampere) or later")]
    public void What_cannot_be_used_is_said(int version, int devices, int capability, string expected)
    {
        DriverDouble.Configure(version, devices, capability);
        Assert.False(CudaDevice.IsAvailable);
        Assert.Contains(expected, CudaDevice.WhyUnavailable(), StringComparison.Ordinal);
        Assert.Equal(CudaDevice.WhyUnavailable(), Assert.Throws<CudaException>(() => CudaDevice.Open()).Message);
        DriverDouble.Configure();
        Assert.True(CudaDevice.IsAvailable, CudaDevice.WhyUnavailable());
    }

    [CompilerFact]
    public void An_error_names_the_call_the_error_and_what_to_do()
    {
        DriverDouble.Configure(largestAllocation: 1000);
        using var device = CudaDevice.Open();
        var before = DriverDouble.Live();
        var full = Assert.Throws<CudaException>(() => device.Allocate(1001));
        Assert.Equal(("cuMemAlloc_v2", 2), (full.Call, full.Error));
        Assert.Contains("CUDA_ERROR_OUT_OF_MEMORY (2)", full.Message, StringComparison.Ordinal);
        Assert.Contains("smaller batches", full.Message, StringComparison.Ordinal);
        Assert.Contains("1001 bytes", full.Message, StringComparison.Ordinal);

        var text = Assert.Throws<CudaException>(() => device.Module(new ModuleText("no PTX")));
        Assert.Contains("CUDA_ERROR_INVALID_PTX", text.Message, StringComparison.Ordinal);
        Assert.Contains("line 1: no .version", text.Message, StringComparison.Ordinal);
        Assert.Contains("CUDA_ERROR_NOT_FOUND", Assert.Throws<CudaException>(() => device.Module(RowKernels.Module).Launch("nothing", 1, 32, 0, [])).Message, StringComparison.Ordinal);

        DriverDouble.Configure();

        // A pointer that is no device memory: the interpreter is the device here.
        using var scalars = device.Allocate(32);
        using var loss = new CudaLoss(device, new DpoLoss());
        var nowhere = Comparison.Batch(new DpoLoss(), 1).Columns.Keys.ToDictionary(name => name, _ => (nint)4096);
        var lost = Assert.Throws<CudaException>(() => loss.Evaluate(new CudaBatch { Rows = 1, Columns = nowhere }, new CudaDestination { Scalars = scalars.Address }));
        Assert.Contains("pointer or a shape is wrong", lost.Message, StringComparison.Ordinal);

        // The scalars and what is kept between passes; what failed left nothing behind.
        Assert.Equal(before[0] + 2, DriverDouble.Live()[0]);
    }

    [CompilerFact]
    public void What_is_missing_of_a_batch_is_said()
    {
        DriverDouble.Configure();
        using var device = CudaDevice.Open();
        using var loss = new CudaLoss(device, new DpoLoss());
        using var kto = new CudaLoss(device, LossCatalog.BuiltIn.Find("kto").Loss);
        var none = new CudaBatch { Rows = 1, Columns = new Dictionary<string, nint>() };
        void Refused(string expected, CudaLoss on, CudaBatch batch, CudaDestination destination) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => on.Evaluate(batch, destination)).Message, StringComparison.Ordinal);
        Refused("no column 'policy_chosen'", loss, none, new CudaDestination { Scalars = 8 });
        Refused("no scalar 'kl'", kto, none, new CudaDestination { Scalars = 8 });
        Refused("four doubles", loss, none, new CudaDestination { Scalars = 0 });
        Refused("both responses", loss, none, new CudaDestination { Scalars = 8, ChosenReward = 8 });
        Refused("no gradient for 'score'", loss, none, new CudaDestination { Scalars = 8, Gradients = new Dictionary<string, nint> { ["score"] = 8 } });
        Assert.Throws<ArgumentOutOfRangeException>(() => loss.Evaluate(new CudaBatch { Rows = 0, Columns = none.Columns }, new CudaDestination { Scalars = 8 }));
    }

    [Fact]
    public void A_driver_that_is_not_there_is_not_found_and_nothing_throws()
    {
        Assert.Equal(0, DriverLibrary.Find("/nowhere/libcuda.so"));
        _ = CudaDevice.IsAvailable;
    }
}
