using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Losses;

/// <summary>Shapes, types, places and lives of tensors.</summary>
public sealed class TensorTests
{
    private static readonly DpoLoss Dpo = new() { Beta = 0.5 };

    /// <summary>β = 0.5 and ρ = 2: −ln σ(1), and its derivative by log π(chosen), −β·σ(−1).</summary>
    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void A_worked_example(LossRoute route)
    {
        using var scope = NewDisposeScope();
        var chosen = tensor([-10.0], requires_grad: true);
        using var result = Dpo.Evaluate(new TensorBatch(chosen, tensor([-12.0]), tensor([-11.0]), tensor([-11.0])), route: route);
        result.Value.backward();
        Assert.Equal(Math.Log(1 + Math.Exp(-1)), result.Value.item<double>(), 1e-15);
        Assert.Equal(-0.5 / (1 + Math.E), chosen.grad!.item<double>(), 1e-15);
        Assert.Equal(0.5, result.Rewards!.Chosen.item<double>());
        Assert.Equal(-0.5, result.Rewards.Rejected.item<double>());
        Assert.Equal(1, result.Rewards.Margins.item<double>());
        Assert.Equal(1, result.Rewards.Accuracy());
        Assert.Equal(1, result.Rewards.MeanMargin());
    }

    [TorchFact]
    public void The_automatic_route_is_fused_on_the_CPU_and_everything_is_as_the_module_has_it()
    {
        using var scope = NewDisposeScope();
        var (batch, _) = Pairs(5, ScalarType.Float32);
        var result = Dpo.Evaluate(batch);
        Assert.Equal(LossRoute.Fused, result.Route);
        using var module = new PreferenceLossModule(Dpo, route: LossRoute.Lowered);
        var lowered = module.call(batch[Columns.PolicyChosen], batch[Columns.PolicyRejected], batch[Columns.ReferenceChosen], batch[Columns.ReferenceRejected]);
        Assert.Equal(LossRoute.Lowered, lowered.Route);
        Assert.Equal(result.Value.item<float>(), lowered.Value.item<float>(), 1e-6f);
        Assert.Empty(module.parameters());
    }

    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void Half_precisions_are_widened_and_get_gradients_of_their_type(LossRoute route)
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { ScalarType.Float16, ScalarType.BFloat16 })
        {
            var (batch, policy) = Pairs(5, type);
            using var result = Dpo.Evaluate(batch, route: route);
            Assert.Equal(ScalarType.Float32, result.Value.dtype);
            Assert.Equal(ScalarType.Float32, result.Losses.dtype);
            result.Value.backward();
            Assert.Equal(type, policy.grad!.dtype);

            var (wide, widePolicy) = Pairs(5, type, columnType: ScalarType.Float32);
            Dpo.Evaluate(wide, route: route).Value.backward();
            Assert.Equal(TensorCase.Doubles(widePolicy.grad!.to_type(type)), TensorCase.Doubles(policy.grad));
        }
    }

    [TorchFact]
    public void One_column_in_double_precision_makes_all_so_and_counts_may_be_integers()
    {
        using var scope = NewDisposeScope();
        var loss = new SimPoLoss();
        var (batch, policy) = Pairs(4, ScalarType.Float32);
        batch[Columns.PolicyRejected] = batch[Columns.PolicyRejected].detach().to_type(ScalarType.Float64);
        batch[Columns.ChosenLength] = tensor([3L, 4, 5, 6]);
        batch[Columns.RejectedLength] = tensor([3, 4, 5, 6]);
        foreach (var route in new[] { LossRoute.Fused, LossRoute.Lowered })
        {
            using var result = loss.Evaluate(batch, route: route);
            Assert.Equal(ScalarType.Float64, result.Value.dtype);
            policy.grad = null;
            result.Value.backward();
            Assert.Equal(ScalarType.Float32, policy.grad!.dtype);
        }
    }

    [TorchTheory]
    [InlineData("plackett-luce")]
    [InlineData("discopop")]
    [InlineData("aot")]
    public void Strides_do_not_matter(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var batch = AnyBatch.Random(loss, 6, seed: 7);
        Tensor Strided(Tensor column)
        {
            // Every second value of something twice as long; of a matrix, the transpose of a transposed one as well.
            var rows = zeros([column.size(0) * 2, .. column.shape[1..]], column.dtype);
            rows.slice(0, 1, rows.size(0), 2).copy_(column);
            var view = rows.slice(0, 1, rows.size(0), 2);
            var strided = column.dim() == 2 ? view.t().contiguous().t() : view;
            Assert.False(strided.is_contiguous());
            return strided.detach();
        }

        foreach (var route in new[] { LossRoute.Fused, LossRoute.Lowered })
        {
            var expected = new TensorCase(loss, batch, ScalarType.Float64).Run(route);
            var actual = new TensorCase(loss, batch, ScalarType.Float64, placed: Strided).Run(route);
            Assert.All(expected, result => Assert.Equal(result.Value, actual[result.Key]));
        }
    }

    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void Without_rows_there_are_no_losses_a_sum_of_0_and_no_mean(LossRoute route)
    {
        using var scope = NewDisposeScope();
        foreach (var name in new[] { "dpo", "kto-pair", "aqfl" })
        {
            var loss = LossCatalog.BuiltIn.Find(name).Loss;
            var (batch, policy) = Pairs(0, ScalarType.Float32);
            using var mean = loss.Evaluate(batch, route: route);
            Assert.Equal(0, mean.Losses.size(0));
            Assert.Equal(0, mean.Rows);
            Assert.Throws<InvalidOperationException>(() => mean.Value);
            if (name == "aqfl" && route == LossRoute.Lowered)
            {
                continue;
            }

            using var sum = loss.Evaluate(batch, new EvaluationOptions { Reduction = Reduction.Sum }, route);
            Assert.Equal(0, sum.Value.item<float>());
            sum.Value.backward();
            Assert.Equal(0, policy.grad!.size(0));
        }
    }

    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void Without_gradients_there_is_none(LossRoute route)
    {
        using var scope = NewDisposeScope();
        var (batch, _) = Pairs(3, ScalarType.Float32);
        using (no_grad())
        {
            using var result = Dpo.Evaluate(batch, route: route);
            Assert.False(result.Value.requires_grad);
            Assert.False(result.Losses.requires_grad);
        }

        var frozen = new TensorBatch(zeros(2), zeros(2), zeros(2), zeros(2));
        Assert.False(Dpo.Evaluate(frozen, route: route).Value.requires_grad);
    }

    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void One_row_of_a_loss_that_needs_two_is_refused_or_NaN(LossRoute route)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Entries.First(entry => entry.Loss.Graph.MinimumRows == 2).Loss;
        var tensors = new TensorCase(loss, AnyBatch.Random(loss, 1, seed: 1), ScalarType.Float64);
        Assert.Contains("at least 2 rows", Assert.Throws<InvalidBatchException>(() => loss.Evaluate(tensors.Batch, route: route)).Message, StringComparison.Ordinal);
        using var result = loss.Evaluate(tensors.Batch, new EvaluationOptions { SingleRow = SingleRow.PyTorch }, route);
        Assert.True(double.IsNaN(result.Value.item<double>()));
        result.Value.backward();
        Assert.Null(result.BackwardError);
    }

    [TorchFact]
    public void What_is_refused_is_named_with_its_shape_and_with_what_is_accepted()
    {
        using var scope = NewDisposeScope();
        var good = zeros(3);
        void Refused(string says, TensorBatch batch, IPreferenceLoss? loss = null)
        {
            foreach (var route in new[] { LossRoute.Fused, LossRoute.Lowered })
            {
                Assert.Contains(says, Assert.Throws<InvalidBatchException>(() => (loss ?? Dpo).Evaluate(batch, route: route)).Message, StringComparison.Ordinal);
            }
        }

        Refused("no tensor 'reference_chosen'; the loss reads policy_chosen", new TensorBatch(good, good));
        Refused("'policy_rejected' has 2 rows (it is [2], Float32, on cpu) and 'policy_chosen' has 3", new TensorBatch(good, zeros(2), good, good));
        Refused("'policy_chosen' is [], Float32, on cpu; shape [rows] (unsqueeze(0) makes one row of it) is needed", new TensorBatch(tensor(1f), good, good, good));
        Refused("'policy_chosen' is [3, 1], Float32", new TensorBatch(zeros(3, 1), good, good, good));
        Refused("'reference_rejected' is [3], Int64, on cpu; floating point", new TensorBatch(good, good, good, zeros(3, ScalarType.Int64)));
        var disposed = zeros(3);
        disposed.Dispose();
        Refused("'reference_chosen' was disposed of", new TensorBatch(good, good, disposed, good));
        Refused("'weight' is [3, 1]", new TensorBatch(good, good, good, good) { [Columns.Weight] = zeros(3, 1) });
        var ranked = LossCatalog.BuiltIn.Find("plackett-luce").Loss;
        Refused("'policy' is [3], Float32, on cpu; shape [rows, responses]", new TensorBatch { [Columns.Policy] = good, [Columns.Reference] = good, [Columns.Score] = good }, ranked);
        Refused(
            "Row 1 has no valid response",
            new TensorBatch { [Columns.Policy] = zeros(2, 2), [Columns.Reference] = zeros(2, 2), [Columns.Score] = zeros(2, 2), ResponseMask = tensor([true, true, false, false]).reshape(2, 2) },
            ranked);
        var kto = LossCatalog.BuiltIn.Find("kto").Loss;
        Refused("'kl' is [1]", new TensorBatch { [Columns.Policy] = good, [Columns.Reference] = good, [Columns.Desirable] = good, [Columns.Kl] = zeros(1) }, kto);
    }

    [TorchFact]
    public void A_value_that_is_no_number_is_refused_when_fused_and_goes_through_when_lowered()
    {
        using var scope = NewDisposeScope();
        var batch = new TensorBatch(tensor([0f, float.NaN], requires_grad: true), zeros(2), zeros(2), zeros(2));
        Assert.Equal(1, Assert.Throws<InvalidBatchException>(() => Dpo.Evaluate(batch, route: LossRoute.Fused)).Row);
        Assert.True(float.IsNaN(Dpo.Evaluate(batch, route: LossRoute.Lowered).Value.item<float>()));
    }

    [TorchFact]
    public void A_fused_gradient_that_is_to_be_differentiated_again_is_NaN_and_says_why()
    {
        using var scope = NewDisposeScope();
        var (batch, policy) = Pairs(3, ScalarType.Float64);
        foreach (var objective in new Func<TensorLossResult, Tensor>[] { result => result.Value, result => result.Losses.sum() })
        {
            using var result = Dpo.Evaluate(batch, route: LossRoute.Fused);
            var gradient = autograd.grad([objective(result)], [policy], retain_graph: true, create_graph: true)[0];
            Assert.All(TensorCase.Doubles(gradient), value => Assert.True(double.IsNaN(value)));
            Assert.Contains("LossRoute.Lowered", Assert.IsType<NotSupportedException>(result.BackwardError).Message, StringComparison.Ordinal);
        }
    }

    [TorchFact]
    public void An_upstream_gradient_that_is_no_number_gives_NaN_and_not_the_end_of_the_process()
    {
        using var scope = NewDisposeScope();
        var (batch, policy) = Pairs(3, ScalarType.Float32);
        using var result = Dpo.Evaluate(batch);
        (result.Losses * tensor([1f, float.NaN, 1f])).sum().backward();
        Assert.All(TensorCase.Doubles(policy.grad!), value => Assert.True(double.IsNaN(value)));
        Assert.IsType<ArgumentException>(result.BackwardError);
    }

    /// <summary>Second derivatives of the lowered route against differences of its first ones.</summary>
    [TorchTheory]
    [InlineData("dpo")]
    [InlineData("discopop")]
    [InlineData("aqfl")]
    [InlineData("plackett-luce")]
    public void A_lowered_gradient_can_be_differentiated_again(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var batch = AnyBatch.Random(loss, 5, seed: 11);
        var column = loss.Graph.Inputs.First(input => input.IsDifferentiable).Name!;
        double[] Gradient(FormulaBatch at) => new TensorCase(loss, at, ScalarType.Float64).Run(LossRoute.Lowered)[column];

        var tensors = new TensorCase(loss, batch, ScalarType.Float64);
        var first = autograd.grad([loss.Evaluate(tensors.Batch, route: LossRoute.Lowered).Value], [tensors.Batch[column]], retain_graph: true, create_graph: true)[0];
        var second = TensorCase.Doubles(autograd.grad([first.sum()], [tensors.Batch[column]])[0]);
        const double step = 1.0 / 1024;
        for (var i = 0; i < second.Length; i++)
        {
            var at = batch.Columns[column][i];
            var difference = (Gradient(batch.With(column, i, at + step)).Sum() - Gradient(batch.With(column, i, at - step)).Sum()) / (2 * step);
            Assert.Equal(difference, second[i], 1e-5 * (1 + Math.Abs(difference)));
        }
    }

    [TorchFact]
    public void Nothing_of_the_callers_is_disposed_of_and_the_results_outlive_no_scope()
    {
        var (batch, policy) = Pairs(4, ScalarType.Float32);
        var before = SettledCount();
        using (NewDisposeScope())
        {
            foreach (var route in new[] { LossRoute.Fused, LossRoute.Lowered })
            {
                var result = Dpo.Evaluate(batch, route: route);
                (result.Value + result.Losses.sum() + result.Rewards!.Margins.sum()).backward();
            }
        }

        Assert.False(policy.IsInvalid);
        policy.grad!.Dispose();
        // The gradients of the last way back are held until the next one.
        Assert.InRange(Tensor.TotalCount - before, 0, 4);
    }

    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void The_number_of_tensors_is_constant_with_and_without_a_scope(LossRoute route)
    {
        var (batch, policy) = Pairs(16, ScalarType.Float32);
        void Step()
        {
            policy.grad?.Dispose();
            policy.grad = null;
            using var result = Dpo.Evaluate(batch, route: route);
            result.Value.backward();
        }

        Step();
        var before = SettledCount();
        for (var i = 0; i < 200; i++)
        {
            using var scope = NewDisposeScope();
            Step();
            _ = Dpo.Evaluate(batch, route: route).Losses;
        }

        Assert.InRange(Tensor.TotalCount - before, -3, 3);
        before = Tensor.TotalCount;
        for (var i = 0; i < 200; i++)
        {
            Step();
        }

        // Not one of them was left for the garbage collector.
        Assert.InRange(Tensor.TotalCount - before, -3, 3);
    }

    [TorchFact]
    public void Refused_batches_leave_nothing_behind()
    {
        var (batch, _) = Pairs(3, ScalarType.Float32);
        batch[Columns.ReferenceChosen] = tensor([0f, float.NaN, 0f]);
        var before = SettledCount();
        for (var i = 0; i < 50; i++)
        {
            Assert.Throws<InvalidBatchException>(() => Dpo.Evaluate(batch, route: LossRoute.Fused));
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void Threads_do_not_disturb_each_other(LossRoute route)
    {
        var loss = LossCatalog.BuiltIn.Find("discopop").Loss;
        var batches = Enumerable.Range(0, 4).Select(seed => AnyBatch.Random(loss, 9, seed)).ToArray();
        var expected = batches.Select(batch => Run(loss, batch, route)).ToArray();
        Parallel.For(0, 200, i => Assert.Equal(expected[i % 4], Run(loss, batches[i % 4], route)));
    }

    [CudaTheory]
    [MemberData(nameof(CatalogueTests.Names), MemberType = typeof(CatalogueTests))]
    public void On_a_GPU_the_formula_gives_what_it_gives_on_the_CPU(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var rows in Enumerable.Range(loss.Graph.MinimumRows, 9))
        {
            var batch = AnyBatch.Random(loss, rows, seed: 3);
            var expected = new TensorCase(loss, batch, ScalarType.Float64).Run(LossRoute.Lowered);
            var tensors = new TensorCase(loss, batch, ScalarType.Float64, CUDA);
            var actual = tensors.Run(LossRoute.Lowered);
            foreach (var (key, values) in expected)
            {
                Assert.All(values.Zip(actual[key]), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * (1 + Math.Abs(pair.First))));
            }

            Assert.Equal(LossRoute.Lowered, loss.Evaluate(tensors.Batch).Route);
            Assert.Contains("double precision", Assert.Throws<NotSupportedException>(() => loss.Evaluate(tensors.Batch, route: LossRoute.Fused)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The number of tensors, without those that other tests left to the garbage collector.</summary>
    private static long SettledCount()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    private static double[] Run(PreferenceLoss loss, FormulaBatch batch, LossRoute route)
    {
        using var scope = NewDisposeScope();
        var results = new TensorCase(loss, batch, ScalarType.Float64).Run(route);
        return [.. results.OrderBy(result => result.Key, StringComparer.Ordinal).SelectMany(result => result.Value)];
    }

    /// <summary>Pairs of a type (or rounded to it, in another one), and the policy's tensor of the chosen responses.</summary>
    private static (TensorBatch Batch, Tensor Policy) Pairs(int rows, ScalarType type, ScalarType? columnType = null)
    {
        var pairs = PairColumns.Random(rows, seed: 5);
        Tensor Column(double[] values) => tensor(values, dtype: ScalarType.Float64).to_type(type).to_type(columnType ?? type);
        var policy = Column(pairs.PolicyChosen).requires_grad_();
        return (new TensorBatch(policy, Column(pairs.PolicyRejected).requires_grad_(), Column(pairs.ReferenceChosen), Column(pairs.ReferenceRejected)), policy);
    }
}
