using System.Globalization;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Torch.Tests.Support;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Losses;

/// <summary>Losses of pairs from hidden states, by chunks, against libtorch's autograd of all logits in double precision.</summary>
public sealed class HiddenLossTests
{
    public static TheoryData<string> Names => [.. HiddenCase.PairLosses.Select(loss => loss.Name)];

    /// <summary>Chunks of one row, chunks that cut completions, chunks of several pairs, and one chunk of all.</summary>
    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Every_loss_of_pairs_has_the_gradients_of_the_whole_computation(string name)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 1);
        var expected = batch.Expected();
        foreach (var chunk in new[] { 1, 3, 14, 1000 })
        {
            HiddenCase.AssertNear(expected, batch.Run(chunk), 2e-5, string.Create(CultureInfo.InvariantCulture, $"{name}, chunks of {chunk}"));
        }
    }

    [TorchTheory]
    [InlineData("dpo", HeadGradient.Factorized, true)]
    [InlineData("discopop", HeadGradient.Factorized, true)]
    [InlineData("ipo", HeadGradient.Factorized, true)]
    [InlineData("slic", HeadGradient.Factorized, true)]
    [InlineData("simpo", HeadGradient.Factorized, false)]
    [InlineData("nca-pair", HeadGradient.Factorized, false)]
    [InlineData("apo-zero", HeadGradient.Factorized, false)]
    [InlineData("kto-pair", HeadGradient.Recomputed, false)]
    [InlineData("aqfl", HeadGradient.Recomputed, true)]
    [InlineData("aot", HeadGradient.Recomputed, true)]
    public void The_result_says_which_way_was_taken(string name, HeadGradient way, bool isOfDifference)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var batch = new HiddenCase(loss, seed: 2);
        Assert.Equal(way, batch.Run(chunk: 3).Way);
        Assert.Equal(isOfDifference, FactorizedHead.IsOfDifference(loss.Graph));
        batch.Head.requires_grad_(false);
        Assert.Equal(HeadGradient.None, batch.Run(chunk: 3).Way);
    }

    [TorchTheory]
    [InlineData("dpo", Reduction.Mean)]
    [InlineData("dpo", Reduction.Sum)]
    [InlineData("cpo", Reduction.Mean)]
    [InlineData("exo-pair", Reduction.Sum)]
    [InlineData("aqfl", Reduction.Mean)]
    public void A_pair_of_weight_0_takes_part_in_nothing(string name, Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 3) { Options = new EvaluationOptions { Reduction = reduction } };
        batch.Others[Columns.Weight] = tensor([1.0, 0, 0.5, 2, 0]);
        var expected = batch.Expected();
        using (no_grad())
        {
            batch.Hidden[1] = tensor(float.NaN);
            batch.Hidden[HiddenCase.Pairs + 4] = tensor(float.NaN);
        }

        foreach (var chunk in new[] { 3, 1000 })
        {
            HiddenCase.AssertNear(expected, batch.Run(chunk), 2e-5, name);
        }
    }

    [TorchTheory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void What_is_frozen_has_no_gradient_and_the_other_is_the_same(bool isHiddenTrained, bool isHeadTrained)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 4);
        var expected = batch.Expected();
        batch.Hidden.requires_grad_(isHiddenTrained);
        batch.Head.requires_grad_(isHeadTrained);
        var actual = batch.Run(chunk: 3);
        Assert.Equal((isHiddenTrained, isHeadTrained), (batch.Hidden.grad is not null, batch.Head.grad is not null));
        HiddenCase.AssertNear(expected, actual, 2e-5, "one frozen");
    }

    /// <summary>The gradients that are there are those of the reduced loss; of another reduction they are not, and nothing may take them for it.</summary>
    [TorchTheory]
    [InlineData("dpo")]
    [InlineData("exo-pair")]
    public void A_reduction_of_ones_own_has_its_own_gradients(string name)
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 5);
        Tensor Own(Tensor losses, Tensor value) => (losses * linspace(-1, 2, losses.size(0), losses.dtype)).sum() + (3 * value);
        HiddenCase.AssertNear(batch.Expected(Own), batch.Run(chunk: 3, result => Own(result.Losses, result.Value)), 2e-5, name);
    }

    [TorchFact]
    public void The_other_columns_that_are_differentiated_get_their_gradients()
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 6);
        double[] Gradient(LossRoute route)
        {
            var others = new TensorBatch
            {
                [Columns.ReferenceChosen] = batch.Others[Columns.ReferenceChosen].detach().requires_grad_(),
                [Columns.ReferenceRejected] = batch.Others[Columns.ReferenceRejected],
            };
            using var result = new DpoLoss().EvaluateFromHidden(batch.Hidden, batch.Head, batch.Tokens, batch.Mask, others, chunk: 3, route: route);
            (2 * result.Value).backward();
            Assert.Null(result.BackwardError);
            return TensorCase.Doubles(others[Columns.ReferenceChosen].grad!);
        }

        Assert.All(Gradient(LossRoute.Lowered).Zip(Gradient(LossRoute.Fused)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [TorchFact]
    public void The_page_has_this_code_and_it_runs()
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 12);
        var (loss, hidden, head, tokens, mask) = (new DpoLoss(), batch.Hidden, batch.Head, batch.Tokens, batch.Mask);
        var (referenceChosen, referenceRejected) = (batch.Others[Columns.ReferenceChosen], batch.Others[Columns.ReferenceRejected]);

        // docs/torchsharp.md
        var others = new TensorBatch { [Columns.ReferenceChosen] = referenceChosen, [Columns.ReferenceRejected] = referenceRejected };
        using var result = loss.EvaluateFromHidden(hidden, head, tokens, mask, others, chunk: 256);
        result.Value.backward();                                // to the hidden states, and to the head if it is trained
        // end

        Assert.NotNull(head.grad);
        string[] Read(string file) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Documentation", file));
        var lines = Read("HiddenLossTests.cs").SkipWhile(line => line.Trim() != "// docs/torchsharp.md").Skip(1).TakeWhile(line => line.Trim() != "// end");
        var code = string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[8..]));
        Assert.Contains("```csharp\n" + code + "\n```", string.Join('\n', Read("torchsharp.md")), StringComparison.Ordinal);
    }

    /// <summary>
    /// What a loss scale is for, as it would be of float16, matrices of which libtorch does not multiply on the CPU: gradients of 1e-39, of which bfloat16 has few bits, come out with all of them
    /// where 2^119 is passed back. Powers of two change nothing else.
    /// </summary>
    [TorchTheory]
    [InlineData("dpo", 3)]
    [InlineData("dpo", 1000)]
    [InlineData("exo-pair", 3)]
    [InlineData("exo-pair", 1000)]
    public void A_loss_scale_saves_gradients_that_their_type_cannot_hold(string name, int chunk)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var batch = new HiddenCase(loss, seed: 13) { Options = new EvaluationOptions { Reduction = Reduction.Sum } };
        batch.InPrecision(ScalarType.BFloat16);
        (double[] Hidden, double[] Head) Gradients(float weight, float scale)
        {
            batch.Others[Columns.Weight] = full(HiddenCase.Pairs, weight);
            (batch.Hidden.grad, batch.Head.grad) = (null, null);
            using var result = batch.Evaluate(chunk);
            Assert.Equal(HeadGradient.Factorized, result.HeadGradient);
            (result.Value * tensor(scale)).backward();
            Assert.Null(result.BackwardError);
            return (TensorCase.Doubles(batch.Hidden.grad!), TensorCase.Doubles(batch.Head.grad!));
        }

        var expected = Gradients(weight: 1, scale: 1);
        var actual = Gradients(weight: MathF.ScaleB(1, -119), scale: MathF.ScaleB(1, 119));
        foreach (var (wanted, got) in new[] { (expected.Hidden, actual.Hidden), (expected.Head, actual.Head) })
        {
            // The other neighbour in bfloat16, where single precision has lost digits at its own end.
            var small = 1e-6 * wanted.Max(Math.Abs);
            Assert.All(wanted.Zip(got), pair => Assert.Equal(pair.First, pair.Second, small + (Math.Abs(pair.First) / 128)));
        }
    }

    [TorchTheory]
    [InlineData("dpo", false)]
    [InlineData("dpo", true)]
    [InlineData("aqfl", false)]
    public void A_refused_column_leaves_no_tensor_for_the_garbage_collector(string name, bool isNothingCounted)
    {
        using var _ = new BatchScope(name, out var batch);
        using var isNotNumber = tensor([0f, 0, 0, float.NaN, 0]);
        batch.Others[Columns.ReferenceChosen].copy_(isNotNumber);
        if (isNothingCounted)
        {
            batch.Mask.zero_();
        }

        void Refused() => Assert.Equal(3, Assert.Throws<InvalidBatchException>(() => batch.Evaluate(chunk: 3)).Row);
        Refused();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 10; i++)
        {
            Refused();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [TorchFact]
    public void In_double_precision_it_is_lowered()
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 7);
        var expected = batch.Expected();
        batch.InPrecision(ScalarType.Float64);
        var actual = batch.Run(chunk: 3);
        Assert.Equal(HeadGradient.Lowered, actual.Way);
        HiddenCase.AssertNear(expected, actual, 1e-12, "double");
        Assert.Throws<NotSupportedException>(() => batch.Evaluate(3, LossRoute.Fused));
    }

    [TorchFact]
    public void Metrics_are_those_of_the_loss_and_have_no_gradient()
    {
        using var scope = NewDisposeScope();
        foreach (var name in new[] { "dpo", "aqfl" })
        {
            var batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 8);
            using var result = batch.Evaluate(chunk: 3);
            using var logProbabilities = TensorLogProbabilities.FromHidden(batch.Hidden, batch.Head, batch.Tokens, batch.Mask, route: LossRoute.Lowered);
            Assert.Equal(TensorCase.Doubles(logProbabilities.Lengths), TensorCase.Doubles(result.Lengths));
            Assert.All(TensorCase.Doubles(logProbabilities.Sums).Zip(TensorCase.Doubles(result.Sums)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
            Assert.False(result.Sums.requires_grad || result.Lengths.requires_grad || result.Rewards!.Chosen.requires_grad);
            Assert.Equal(HiddenCase.Pairs, result.Rows);
            var ratios = result.Sums.narrow(0, 0, HiddenCase.Pairs) - batch.Others[Columns.ReferenceChosen];
            Assert.Equal(ratios.mean().item<float>() * (name == "dpo" ? 0.1 : 0.05), result.Rewards!.MeanChosen(), 1e-5);
        }
    }

    [TorchFact]
    public void Refused_batches_say_why_before_anything_is_computed()
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 9);
        void Refused(string says, Func<HiddenLossResult> evaluate) => Assert.Contains(says, Assert.ThrowsAny<Exception>(() => evaluate()).Message, StringComparison.Ordinal);
        HiddenLossResult With(Action<TensorBatch> change, IPreferenceLoss? loss = null, Tensor? tokens = null)
        {
            var others = new TensorBatch { [Columns.ReferenceChosen] = zeros(HiddenCase.Pairs), [Columns.ReferenceRejected] = zeros(HiddenCase.Pairs) };
            change(others);
            return (loss ?? new DpoLoss()).EvaluateFromHidden(batch.Hidden, batch.Head, tokens ?? batch.Tokens, batch.Mask, others, chunk: 3);
        }

        Refused("'hidden' is [3, 7, 12]", () => new DpoLoss().EvaluateFromHidden(batch.Hidden.narrow(0, 0, 3), batch.Head, batch.Tokens.narrow(0, 0, 3)));
        Refused("'policy_chosen', which is computed", () => With(others => others[Columns.PolicyChosen] = zeros(HiddenCase.Pairs)));
        Refused("'chosen_length', which is computed", () => With(others => others[Columns.ChosenLength] = ones(HiddenCase.Pairs)));
        Refused("no tensor 'reference_chosen'", () => new DpoLoss().EvaluateFromHidden(batch.Hidden, batch.Head, batch.Tokens));
        Refused("'reference_chosen' has 3 rows", () => With(others => others[Columns.ReferenceChosen] = zeros(3)));
        Refused("'weight' is [5, 1]", () => With(others => others[Columns.Weight] = ones(HiddenCase.Pairs, 1)));
        Refused("a loss of pairs is needed", () => With(_ => { }, new KtoLoss()));
        Refused("0 to 39 is needed", () => With(_ => { }, tokens: batch.Tokens + 40L));
        Refused("row 4", () => With(others => others[Columns.ReferenceRejected] = tensor([0f, 0, 0, 0, float.NaN])));
        Refused("'head' is [40, 12], Float32, on cpu; shape [V, 5]", () => new DpoLoss().EvaluateFromHidden(zeros(2, 7, 5), batch.Head, zeros(2, 7, ScalarType.Int64)));
        using (no_grad())
        {
            batch.Hidden[6, 4, 1] = tensor(float.NaN);
        }

        Refused("Row 46 of the hidden states", () => With(_ => { }));
    }

    [TorchTheory]
    [InlineData(0, 7)]
    [InlineData(4, 1)]
    public void Without_a_token_gradients_are_0(int sequences, int length)
    {
        using var scope = NewDisposeScope();
        var hidden = zeros(sequences, length, 3, requires_grad: true);
        var head = ones(5, 3, requires_grad: true);
        var others = new TensorBatch { [Columns.ReferenceChosen] = zeros(sequences / 2), [Columns.ReferenceRejected] = zeros(sequences / 2) };
        using var result = new DpoLoss().EvaluateFromHidden(
            hidden, head, zeros(sequences, length, ScalarType.Int64), others: others, options: new EvaluationOptions { Reduction = Reduction.Sum });
        Assert.Equal(HeadGradient.Factorized, result.HeadGradient);
        Assert.Equal(sequences / 2 * Math.Log(2), result.Value.item<float>(), 1e-6);
        result.Value.backward();
        Assert.Null(result.BackwardError);
        Assert.Equal(new double[15], TensorCase.Doubles(head.grad!));
        Assert.All(TensorCase.Doubles(hidden.grad!), gradient => Assert.Equal(0, gradient));
        if (sequences == 0)
        {
            using var mean = new DpoLoss().EvaluateFromHidden(hidden, head, zeros(sequences, length, ScalarType.Int64), others: others);
            Assert.Throws<InvalidOperationException>(() => mean.Value);
        }
    }

    [TorchFact]
    public void A_second_way_back_adds_the_same_again()
    {
        using var scope = NewDisposeScope();
        var batch = new HiddenCase(new DpoLoss(), seed: 10);
        using var result = batch.Evaluate(chunk: 3);
        result.Value.backward(retain_graph: true);
        var once = TensorCase.Doubles(batch.Head.grad!);
        result.Value.backward();
        Assert.Equal(once.Select(gradient => 2 * gradient), TensorCase.Doubles(batch.Head.grad!));
    }

    [TorchTheory]
    [InlineData("dpo", 3)]
    [InlineData("exo-pair", 3)]
    [InlineData("dpo", 1000)]
    [InlineData("aqfl", 3)]
    public void Without_a_scope_no_tensor_is_left_for_the_garbage_collector(string name, int chunk)
    {
        using var _ = new BatchScope(name, out var batch);
        void Step()
        {
            using (var result = batch.Evaluate(chunk))
            {
                result.Value.backward();
                Assert.Null(result.BackwardError);
            }

            foreach (var leaf in new[] { batch.Hidden, batch.Head })
            {
                using var gradient = leaf.grad;
                leaf.grad = null;
            }
        }

        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 50; i++)
        {
            Step();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    /// <summary>
    /// All logits are 40 MiB, more than the C library keeps when it is given back, and libtorch has as much again for the way back; a chunk is 2 or 16 MiB, and a gradient of the head 1 MiB. That lowered
    /// is above what is allowed, in the same process, says that the measurement sees it.
    /// </summary>
    [TorchTheory]
    [InlineData(32)]
    [InlineData(256)]
    public void The_memory_is_that_of_a_chunk_and_of_the_heads_gradients(int chunk)
    {
        const int Length = 160, Vocabulary = 16384, Size = 16;
        using var scope = NewDisposeScope();
        var hidden = randn(4, Length, Size).requires_grad_();
        var head = randn(Vocabulary, Size).requires_grad_();
        var tokens = randint(0, Vocabulary, new long[] { 4, Length }, ScalarType.Int64);
        var others = new TensorBatch { [Columns.ReferenceChosen] = zeros(2), [Columns.ReferenceRejected] = zeros(2) };
        void Step(LossRoute route)
        {
            using var stepScope = NewDisposeScope();
            using var result = new DpoLoss().EvaluateFromHidden(hidden, head, tokens, others: others, chunk: chunk, route: route);
            result.Value.backward();
            hidden.grad = null;
            head.grad = null;
        }

        if (PeakMemory.Of(() => Step(LossRoute.Fused)) is not { } fused)
        {
            return;
        }

        var lowered = PeakMemory.Of(() => Step(LossRoute.Lowered))!.Value;
        var allowed = (chunk * Vocabulary * sizeof(float)) + (6 * Vocabulary * Size * sizeof(float)) + (6 << 20);
        Assert.True(fused <= allowed, string.Create(CultureInfo.InvariantCulture, $"{fused >> 10} KiB; {allowed >> 10} are allowed, and lowered takes {lowered >> 10}"));
        Assert.InRange(lowered, 2L * 4 * (Length - 1) * Vocabulary * sizeof(float), long.MaxValue);
    }

    /// <summary>A batch whose tensors are disposed of at the end of a test, without a scope that would take what is made in between.</summary>
    private sealed class BatchScope : IDisposable
    {
        private readonly HiddenCase batch;

        public BatchScope(string name, out HiddenCase batch)
        {
            using (var scope = NewDisposeScope())
            {
                this.batch = batch = new HiddenCase(LossCatalog.BuiltIn.Find(name).Loss, seed: 11);
                foreach (var tensor in batch.Tensors)
                {
                    tensor.DetachFromDisposeScope();
                }
            }
        }

        public void Dispose()
        {
            foreach (var tensor in batch.Tensors)
            {
                tensor.Dispose();
            }
        }
    }
}
