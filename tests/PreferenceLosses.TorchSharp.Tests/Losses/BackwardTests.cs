using PreferenceLosses.Losses;
using PreferenceLosses.Torch.Tests.Support;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Losses;

/// <summary>The way back that hands gradients to the graph of the columns is that of the reduced loss.</summary>
public sealed class BackwardTests
{
    public static TheoryData<string, ScalarType, LossRoute> Cases()
    {
        var data = new TheoryData<string, ScalarType, LossRoute>();
        foreach (var loss in new[] { "dpo", "discopop", "aqfl", "kto-pair", "simpo", "aot" })
        {
            foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
            {
                data.Add(loss, type, LossRoute.Fused);
                data.Add(loss, type, LossRoute.Lowered);
            }
        }

        return data;
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_those_of_the_reduced_loss_times_the_scale(string name, ScalarType type, LossRoute route)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var expected = Gradients(result => (result.Value * 8).backward());
        var actual = Gradients(result => result.Backward(8));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].dtype, actual[i].dtype);
            Assert.Equal(expected[i].to_type(ScalarType.Float64).data<double>().ToArray(), actual[i].to_type(ScalarType.Float64).data<double>().ToArray());
        }

        // The leaves are before the columns, as a model's weights are, and a column is not contiguous.
        Tensor[] Gradients(Action<TensorLossResult> backward)
        {
            _ = manual_seed(3);
            var leaves = Enumerable.Range(0, 2).Select(_ => randn(12, 2).to_type(type).requires_grad_()).ToArray();
            var batch = new TensorBatch((leaves[0] * 2).sum(1), leaves[1].select(1, 0) * 3, randn(12).to_type(type), randn(12).to_type(type))
            {
                [Columns.ChosenLength] = arange(1, 13),
                [Columns.RejectedLength] = arange(2, 14),
            };
            using var result = loss.Evaluate(batch, default, route);
            backward(result);
            return [.. leaves.Select(leaf => leaf.grad!)];
        }
    }

    [TorchFact]
    public void The_reduced_loss_is_there_afterwards_and_nothing_is_left_behind()
    {
        var loss = new DpoLoss();
        var leaf = Leaf();
        long? count = null;
        for (var step = 0; step < 20; step++)
        {
            using (var scope = NewDisposeScope())
            {
                leaf.grad = null;
                var result = loss.Evaluate(leaf * 2, zeros(8), zeros(8), zeros(8));
                result.Backward();
                Assert.Equal(LossRoute.Fused, result.Route);
                Assert.True(result.Value.requires_grad);
                Assert.InRange(result.Value.item<float>(), 0.1f, 2f);
                Assert.Null(result.BackwardError);
            }

            Assert.Equal(count ??= Tensor.TotalCount, Tensor.TotalCount);
        }

        leaf.Dispose();
    }

    [TorchFact]
    public void Without_a_graph_it_is_refused_as_libtorch_does_and_so_is_a_scale_that_is_no_number()
    {
        using var scope = NewDisposeScope();
        var loss = new DpoLoss();
        using var leaf = Leaf();
        Assert.ThrowsAny<Exception>(() => loss.Evaluate(zeros(8), zeros(8), zeros(8), zeros(8)).Backward());
        Assert.Throws<ArgumentOutOfRangeException>(() => loss.Evaluate(leaf, zeros(8), zeros(8), zeros(8)).Backward(double.NaN));
        Assert.Throws<InvalidOperationException>(() => loss.Evaluate(zeros(0).requires_grad_(), zeros(0), zeros(0), zeros(0)).Backward());
    }

    private static Tensor Leaf() => linspace(-1, 1, 8).requires_grad_();
}
