using System.Diagnostics;
using PreferenceLosses.Losses;
using PreferenceLosses.Torch.Tests.Support;
using TorchSharpTrainer;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Samples;

/// <summary>The loop of samples/TorchSharpTrainer, whose files are part of this project.</summary>
public sealed class TrainerSampleTests
{
    [TorchFact]
    public void The_sample_learns_to_prefer_polite_answers()
    {
        using var sample = new Sample(size: 32, PolitePairs.All);
        var first = sample.Step.Run(sample.Batch);
        Assert.Equal(Math.Log(2), first.Loss, 1e-6);
        Assert.Equal(0.5, first.Accuracy);
        var last = first;
        for (var i = 0; i < 30; i++)
        {
            last = sample.Step.Run(sample.Batch);
        }

        Assert.Equal(1, last.Accuracy);
        Assert.InRange(last.Loss, 0, 0.2);
    }

    [TorchFact]
    public void Some_hundred_steps_leave_nothing_behind() => AssertConstant(500, beforeCounting: 100);

    [TorchFact]
    [Trait("Category", "Long")]
    public void A_hundred_thousand_steps_leave_nothing_behind_and_need_no_more_memory() => AssertConstant(100_000, beforeCounting: 5_000);

    [Fact]
    public void The_page_has_the_code_of_the_sample()
    {
        var page = string.Join('\n', Read("torchsharp.md"));
        var lines = Read("PreferenceStep.cs").SkipWhile(line => line.Trim() != "// docs/torchsharp.md").Skip(1).TakeWhile(line => line.Trim() != "// end");
        var code = string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[8..]));
        Assert.Contains("```csharp\n" + code + "\n```", page, StringComparison.Ordinal);
    }

    private static void AssertConstant(int steps, int beforeCounting)
    {
        // More threads than a model of this size has work for wait for each other.
        set_num_threads(1);
        using var sample = new Sample(size: 4, [new("ab", "c", "de"), new("a", "bcd", "b")]);
        (long Memory, long Tensors)? before = null;
        for (var i = 0; i < steps; i++)
        {
            _ = sample.Step.Run(sample.Batch);
            if (i == beforeCounting)
            {
                // After the garbage collection in the first of them.
                before = (ResidentMemory(), Tensor.TotalCount);
            }
        }

        Assert.Equal(before!.Value.Tensors, Tensor.TotalCount);

        // The garbage collector and libtorch keep some memory for the next step; 64 MiB in 95,000 steps would be 700 bytes each.
        Assert.InRange(ResidentMemory() - before.Value.Memory, long.MinValue, 64L << 20);
    }

    private static long ResidentMemory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static string[] Read(string file) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Documentation", file));

    private sealed class Sample : IDisposable
    {
        private readonly ByteModel policy;
        private readonly ByteModel reference;
        private readonly optim.Optimizer optimizer;

        public Sample(int size, IReadOnlyList<Pair> pairs)
        {
            _ = manual_seed(0);
            policy = new ByteModel(size);
            reference = new ByteModel(size);
            reference.load_state_dict(policy.state_dict());
            optimizer = optim.AdamW(policy.parameters(), lr: 2e-3);
            Step = new PreferenceStep(policy, reference, optimizer, new DpoLoss { Beta = 0.1 });
            Batch = PairBatch.Of(pairs);
        }

        public PreferenceStep Step { get; }

        public PairBatch Batch { get; }

        public void Dispose()
        {
            Batch.Dispose();
            optimizer.Dispose();
            policy.Dispose();
            reference.Dispose();
        }
    }
}
