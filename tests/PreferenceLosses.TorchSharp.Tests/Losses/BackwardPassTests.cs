using PreferenceLosses.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Losses;

/// <summary>What libtorch gets back where gradients cannot be computed.</summary>
public sealed class BackwardPassTests
{
    [TorchFact]
    public void Gradients_that_there_is_no_memory_for_are_NaN_without_any()
    {
        using var scope = NewDisposeScope();
        var pass = new BackwardPass();
        var upstream = tensor(1f);
        var results = pass.Run(null, upstream, _ => throw new InvalidOperationException("too large"), [new([1L << 45], ScalarType.BFloat16, CPU), new([], ScalarType.Float64, CPU)], others: 2);
        Assert.Equal(4, results.Count);
        Assert.Equal([1L << 45], results[0].shape);
        Assert.Equal(ScalarType.BFloat16, results[0].dtype);
        Assert.True(float.IsNaN(results[0][(1L << 45) - 1].to_type(ScalarType.Float32).item<float>()));
        Assert.True(double.IsNaN(results[1].item<double>()));
        Assert.Null(results[2]);
        Assert.True(upstream.IsInvalid);
        Assert.NotNull(pass.Error);
    }

    [TorchFact]
    public void Where_not_even_NaN_can_be_made_there_are_no_gradients_and_the_first_reason_is_kept()
    {
        using var gradients = no_grad();
        var pass = new BackwardPass();
        var results = pass.Run(null, null!, _ => throw new InvalidOperationException("the first"), [new([-7], ScalarType.Float32, CPU), new([2], ScalarType.Float32, CPU)], others: 1);
        Assert.Equal(3, results.Count);
        Assert.All(results, Assert.Null);
        Assert.Equal("the first", pass.Error?.Message);
    }
}
