using PreferenceLosses.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.LogProbabilities;

/// <summary>The core's passes over logits against log_softmax, gather and libtorch's autograd.</summary>
public sealed class LogProbabilityTests
{
    private const int Sequences = 3, Length = 7, Vocabulary = 50, Size = 12;

    public static TheoryData<string, double> Types => new() { { "Float32", 2e-6 }, { "Float16", 2e-3 }, { "BFloat16", 2e-2 } };

    [TorchTheory]
    [MemberData(nameof(Types))]
    public void Fused_is_lowered(string typeName, double tolerance)
    {
        using var scope = NewDisposeScope();
        var type = Enum.Parse<ScalarType>(typeName);
        var (leaf, tokens, mask) = Batch(type);
        var expected = Run(leaf.to_type(ScalarType.Float64).detach().requires_grad_(), tokens, mask, LossRoute.Lowered);
        foreach (var inPlace in new[] { false, true })
        {
            // A leaf cannot be written over, so the logits are a function of one.
            var actual = Run(leaf, tokens, mask, LossRoute.Fused, inPlace);
            AssertNear(expected.Sums, actual.Sums, 1e-6);
            AssertNear(expected.Gradient, actual.Gradient, tolerance);
        }
    }

    [TorchFact]
    public void Tokens_are_shifted_and_the_prompt_is_left_out()
    {
        using var scope = NewDisposeScope();
        var (logits, _, _) = Batch(ScalarType.Float32);
        var tokens = arange(Sequences * Length).reshape(Sequences, Length);
        var mask = zeros(Sequences, Length, ScalarType.Bool);
        mask[1, 3] = true;
        mask[1, 6] = true;
        mask[2, 0] = true;
        using var result = TensorLogProbabilities.FromLogits(logits.detach(), tokens, mask);
        var logProbabilities = logits.detach().log_softmax(-1);
        Assert.Equal(LossRoute.Fused, result.Route);
        Assert.Equal([0, 2, 0], TensorCase.Doubles(result.Lengths));
        // Token 3 of sequence 1 is 10, which the logits at position 2 predict. Nothing predicts the first token of a sequence.
        Assert.Equal(
            [0, logProbabilities[1, 2, 10].item<float>() + logProbabilities[1, 5, 13].item<float>(), 0], TensorCase.Doubles(result.Sums), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(result.Sums[1].item<float>() / 2, result.Means[1].item<float>(), 1e-6f);
        Assert.True(double.IsNaN(TensorCase.Doubles(result.Means)[0]));
    }

    [TorchTheory]
    [InlineData(true, 1)]
    [InlineData(true, 4)]
    [InlineData(false, 3)]
    [InlineData(false, 1000)]
    public void A_chunked_head_is_the_whole_head(bool isHeadTrained, int chunk)
    {
        using var scope = NewDisposeScope();
        var (_, tokens, mask) = Batch(ScalarType.Float32);
        _ = manual_seed(3);
        var hidden = randn(Sequences, Length, Size).requires_grad_();
        var head = randn(Vocabulary, Size).requires_grad_(isHeadTrained);
        var weights = tensor([0.5f, -2f, 1f]);
        var results = new List<double[]>();
        foreach (var route in new[] { LossRoute.Lowered, LossRoute.Fused })
        {
            hidden.grad = null;
            head.grad = null;
            using var result = TensorLogProbabilities.FromHidden(hidden, head, tokens, mask, chunk, route);
            Assert.Equal(route, result.Route);
            (result.Sums * weights).sum().backward();
            Assert.Null(result.BackwardError);
            results.Add(TensorCase.Doubles(result.Sums));
            results.Add(TensorCase.Doubles(hidden.grad!));
            results.Add(isHeadTrained ? TensorCase.Doubles(head.grad!) : []);
            Assert.True(isHeadTrained || head.grad is null);
        }

        AssertNear(results[0], results[3], 1e-5);
        AssertNear(results[1], results[4], 1e-5);
        AssertNear(results[2], results[5], 1e-5);
    }

    [TorchFact]
    public void Strided_logits_are_read_as_they_are()
    {
        using var scope = NewDisposeScope();
        var (logits, tokens, mask) = Batch(ScalarType.Float32);
        var expected = Run(logits, tokens, mask, LossRoute.Fused);
        var wide = zeros(Sequences, Length, Vocabulary * 2);
        wide.slice(2, 0, Vocabulary * 2, 2).copy_(logits.detach());
        var actual = Run(wide.slice(2, 0, Vocabulary * 2, 2).detach().requires_grad_(), tokens.t().contiguous().t(), mask.t().contiguous().t(), LossRoute.Fused);
        AssertNear(expected.Sums, actual.Sums, 0);
        AssertNear(expected.Gradient, actual.Gradient, 0);
    }

    [TorchFact]
    public void A_second_way_back_over_overwritten_logits_is_NaN_and_says_so()
    {
        using var scope = NewDisposeScope();
        var (leaf, tokens, mask) = Batch(ScalarType.Float32);
        using var result = TensorLogProbabilities.FromLogits(leaf * tensor(1f), tokens, mask, inPlace: true);
        var sum = result.Sums.sum();
        sum.backward(retain_graph: true);
        Assert.Null(result.BackwardError);
        sum.backward();
        Assert.IsType<InvalidOperationException>(result.BackwardError);
        Assert.All(TensorCase.Doubles(leaf.grad!), gradient => Assert.True(double.IsNaN(gradient)));
    }

    [TorchFact]
    public void Refused_tensors_are_named_with_what_is_accepted()
    {
        using var scope = NewDisposeScope();
        var (leaf, tokens, mask) = Batch(ScalarType.Float32);
        void Refused(string says, Func<TensorLogProbabilities> evaluate) => Assert.Contains(says, Assert.ThrowsAny<Exception>(() => evaluate()).Message, StringComparison.Ordinal);
        Refused("'logits' is [3, 7], Float32, on cpu; shape [B, T, V]", () => TensorLogProbabilities.FromLogits(zeros(3, 7), tokens));
        Refused("'tokens' is [3, 7], Float32, on cpu; shape [3, 7], as 'logits' has, of type Int64", () => TensorLogProbabilities.FromLogits(leaf, zeros(3, 7)));
        Refused("'mask' is [7], Bool", () => TensorLogProbabilities.FromLogits(leaf, tokens, mask[0]));
        Refused("leaf", () => TensorLogProbabilities.FromLogits(leaf, tokens, inPlace: true));
        Refused("Float64", () => TensorLogProbabilities.FromLogits(zeros(3, 7, 5, ScalarType.Float64), tokens, route: LossRoute.Fused));
        Refused("0 to 49 is needed", () => TensorLogProbabilities.FromLogits(leaf, tokens + 50L));
        Refused("'head' is [50, 3]", () => TensorLogProbabilities.FromHidden(zeros(3, 7, 4), zeros(50, 3), tokens));
        Assert.Equal(LossRoute.Lowered, TensorLogProbabilities.FromLogits(zeros(3, 7, 50, ScalarType.Float64), tokens).Route);
    }

    [TorchTheory]
    [InlineData(LossRoute.Lowered)]
    [InlineData(LossRoute.Fused)]
    public void Rows_that_do_not_count_may_be_NaN_and_have_a_gradient_of_0(LossRoute route)
    {
        using var scope = NewDisposeScope();
        var (leaf, tokens, mask) = Batch(ScalarType.Float32);
        var expected = Run(leaf, tokens, mask, route);
        var broken = leaf.detach().clone();

        // Sequence 0 has −100 at 5, the prompt of sequence 1 ends at 1, sequence 2 is padded at 6; and nothing comes after the last token.
        int[] without = [4, Length, (2 * Length) + 5, Length - 1, (2 * Length) - 1, (3 * Length) - 1];
        foreach (var row in without)
        {
            broken.view(-1, Vocabulary)[row] = tensor(float.NaN);
        }

        var actual = Run(broken.requires_grad_(), tokens, mask, route);
        Assert.Equal(expected.Sums, actual.Sums);
        Assert.Equal(expected.Gradient, actual.Gradient);
        Assert.All(without, row => Assert.Equal(new double[Vocabulary], actual.Gradient[(row * Vocabulary)..((row + 1) * Vocabulary)]));
    }

    [TorchTheory]
    [InlineData("logits")]
    [InlineData("logits, in place")]
    [InlineData("head")]
    [InlineData("frozen head")]
    public void Without_a_scope_no_tensor_is_left_for_the_garbage_collector(string of)
    {
        var (given, tokens, mask) = Batch(ScalarType.Float32);
        var hidden = ones(Sequences, Length, Size).requires_grad_();
        var head = ones(Vocabulary, Size).requires_grad_(of == "head");
        using var one = tensor(1f);
        using var weights = tensor([0.5f, -2f, 1f]);
        void Step()
        {
            using var logits = given * one;
            using (var result = of.Contains("head", StringComparison.Ordinal)
                ? TensorLogProbabilities.FromHidden(hidden, head, tokens, mask, chunk: 4)
                : TensorLogProbabilities.FromLogits(logits, tokens, mask, inPlace: of.Contains("place", StringComparison.Ordinal)))
            {
                result.Sums.backward([weights]);
                Assert.Null(result.BackwardError);
            }

            foreach (var leaf in new[] { given, hidden, head })
            {
                using var gradient = leaf.grad;
                leaf.grad = null;
            }
        }

        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 100; i++)
        {
            Step();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [TorchTheory]
    [InlineData(0, 5)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    public void Batches_without_a_predicted_token_have_sums_of_0(int sequences, int length)
    {
        using var scope = NewDisposeScope();
        foreach (var route in new[] { LossRoute.Fused, LossRoute.Lowered })
        {
            var logits = zeros(sequences, length, 4, requires_grad: true);
            using var result = TensorLogProbabilities.FromLogits(logits, zeros(sequences, length, ScalarType.Int64), route: route);
            Assert.Equal(new double[sequences], TensorCase.Doubles(result.Sums));
            Assert.Equal(new double[sequences], TensorCase.Doubles(result.Lengths));
            result.Sums.sum().backward();
            Assert.Null(result.BackwardError);
            Assert.All(TensorCase.Doubles(logits.grad!), gradient => Assert.Equal(0, gradient));
        }
    }

    private static (Tensor Logits, Tensor Tokens, Tensor Mask) Batch(ScalarType type)
    {
        _ = manual_seed(1);
        var logits = (randn(Sequences, Length, Vocabulary) * tensor(3f)).to_type(type).requires_grad_();
        var tokens = randint(0, Vocabulary, new long[] { Sequences, Length }, ScalarType.Int64);
        tokens[0, 5] = -100;
        var mask = ones(Sequences, Length, ScalarType.Bool);
        mask[1, 0] = false;
        mask[1, 1] = false;
        mask[2, 6] = false;
        return (logits, tokens, mask);
    }

    private static (double[] Sums, double[] Gradient) Run(Tensor leaf, Tensor tokens, Tensor mask, LossRoute route, bool inPlace = false)
    {
        leaf.grad = null;
        var logits = inPlace ? leaf.clone() : leaf;
        using var result = TensorLogProbabilities.FromLogits(logits, tokens, mask, inPlace, route);
        Assert.Equal(route, result.Route);
        (result.Sums * tensor([0.5, -2, 1], dtype: result.Sums.dtype)).sum().backward();
        Assert.Null(result.BackwardError);
        return (TensorCase.Doubles(result.Sums), TensorCase.Doubles(leaf.grad!));
    }

    private static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance * (1 + Math.Abs(expected[i])));
        }
    }
}
