using PreferenceLosses.Torch.Tests.Support;
using PreferenceLosses.Training;
using TinyTransformer;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Policies;

/// <summary>What the policy says of its model, against tables that are known and against libtorch.</summary>
public sealed class TorchPolicyTests
{
    /// <summary>Row: the last token; column: the next one.</summary>
    private static readonly double[,] Table = { { 0.5, 0.25, 0.25 }, { 0.1, 0.2, 0.7 }, { 0.05, 0.9, 0.05 } };

    [TorchFact]
    public void Log_probabilities_are_those_of_the_table()
    {
        using var policy = TorchPolicyCase.OfTable(Table);
        TokenSequence[] sequences =
        [
            Of([0], [1, 2]), // 0 → 1 → 2
            Of([2, 2, 1], [0]), // 1 → 0, and what stood before 1 does not matter
            Of([2], [1, 1, 2, 0]),
        ];
        double[] expected = [Math.Log(0.25 * 0.7), Math.Log(0.1), Math.Log(0.9 * 0.2 * 0.7 * 0.05)];
        Assert.All(expected.Zip(TorchPolicyCase.Scores(policy, sequences)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        using var pass = policy.Forward(sequences);
        Assert.All(expected.Zip(pass.LogProbabilities.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [TorchFact]
    public void An_empty_prompt_needs_a_token_to_begin_with()
    {
        using var without = TorchPolicyCase.OfTable(Table);
        var wrong = Assert.Throws<ArgumentException>(() => TorchPolicyCase.Scores(without, Of([], [1])));
        Assert.Contains("BeginningToken", wrong.Message, StringComparison.Ordinal);

        using var with = TorchPolicyCase.OfTable(Table, beginning: 2);
        Assert.Equal(Math.Log(0.9), TorchPolicyCase.Scores(with, Of([], [1]))[0], 1e-6);
        Assert.Equal(Math.Log(0.25 * 0.1), TorchPolicyCase.Scores(with, Of([0], [1, 0]))[0], 1e-6);
    }

    [TorchFact]
    public void The_divergence_is_that_of_the_rows_along_the_completion()
    {
        double[,] other = { { 0.2, 0.4, 0.4 }, { 0.3, 0.3, 0.4 }, { 0.5, 0.25, 0.25 } };
        using var policy = TorchPolicyCase.OfTable(Table);
        using var reference = TorchPolicyCase.OfTable(other);
        double Row(int row) => Enumerable.Range(0, 3).Sum(token => Table[row, token] * Math.Log(Table[row, token] / other[row, token]));
        TokenSequence[] sequences = [Of([0, 1], [2, 2]), Of([2], [0, 1, 0]), Of([1], [1])];
        var actual = new double[3];
        policy.KlDivergence(reference, sequences, actual);
        double[] expected = [Row(1) + Row(2), Row(2) + Row(0) + Row(1), Row(1)];
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        policy.KlDivergence(policy, sequences, actual);
        Assert.Equal([0, 0, 0], actual);
    }

    [TorchFact]
    public void Draws_are_as_frequent_as_the_table_says_and_end_with_the_end()
    {
        using var policy = TorchPolicyCase.OfTable(Table);
        const int Count = 3000;
        var prompts = Enumerable.Repeat(Memory([1, 0]), Count).ToArray();
        var options = new SamplingOptions { EndOfText = 2, MaximumLength = 4 };
        var drawn = policy.Sample(prompts, options, new RandomStream(3));
        Assert.All(drawn, completion =>
        {
            Assert.InRange(completion.Length, 1, 4);
            Assert.DoesNotContain(2, completion[..^1]);
            Assert.True(completion.Length == 4 || completion[^1] == 2);
        });

        // Four standard deviations of a share of 3,000 draws, and of the about 750 that go on from 1.
        Assert.Equal(0.25, drawn.Count(completion => completion[0] == 1) / (double)Count, 0.032);
        var after = drawn.Where(completion => completion.Length > 1 && completion[0] == 1).ToArray();
        Assert.Equal(0.7, after.Count(completion => completion[1] == 2) / (double)after.Length, 0.067);
        Assert.Equal(drawn, policy.Sample(prompts, options, new RandomStream(3)));
        Assert.NotEqual(drawn, policy.Sample(prompts, options, new RandomStream(4)));

        // From 0, p = 0.5 is kept of a nucleus of 0.5, and nothing else; a low temperature does the same to 2.
        Assert.All(policy.Sample(prompts, options with { TopP = 0.5 }, new RandomStream(3)), completion => Assert.Equal([0, 0, 0, 0], completion));
        var cold = policy.Sample([Memory([2])], options with { Temperature = 0.01, EndOfText = 0 }, new RandomStream(3));
        Assert.Equal([1, 2, 1, 2], cold[0]);
    }

    [TorchFact]
    public void Drawing_ends_where_the_context_does()
    {
        using var policy = TorchPolicyCase.OfTable(Table);
        var options = new SamplingOptions { EndOfText = 2, MaximumLength = 100, TopP = 0.5 };
        Assert.Equal(7, policy.Sample([Memory([1, 1, 0])], options, new RandomStream(3))[0].Length);
        var wrong = Assert.Throws<ArgumentException>(() => policy.Sample([new int[10]], options, new RandomStream(3)));
        Assert.Contains("Prompt 0 has 10 tokens; 1 to 9 are possible", wrong.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Padding_changes_nothing()
    {
        using var policy = TorchPolicyCase.Gpt2();
        var sequences = TorchPolicyCase.Sequences(20);
        var together = TorchPolicyCase.Scores(policy, sequences);
        Assert.All(sequences.Zip(together), pair => Assert.Equal(TorchPolicyCase.Scores(policy, pair.First)[0], pair.Second, 1e-5));
        Assert.True(together.Distinct().Count() > 15);
    }

    [TorchTheory]
    [InlineData("Float32", 1e-6)]
    [InlineData("BFloat16", 0.03)]
    public void The_gradient_of_a_batch_is_that_of_the_plain_formula(string precision, double tolerance)
    {
        using var policy = TorchPolicyCase.Gpt2(TorchPolicyCase.Options with { Precision = Enum.Parse<ScalarType>(precision) });
        var sequences = TorchPolicyCase.Sequences(8);
        const double Beta = 0.5;

        // −mean log σ(β(log π_chosen − log π_rejected)) of four pairs, with the derivatives of that by hand.
        using (var pass = policy.Forward(sequences))
        {
            var weights = new double[8];
            for (var i = 0; i < 4; i++)
            {
                var x = Beta * (pass.LogProbabilities[2 * i] - pass.LogProbabilities[(2 * i) + 1]);
                weights[2 * i] = -Beta / (1 + Math.Exp(x)) / 4;
                weights[(2 * i) + 1] = -weights[2 * i];
            }

            pass.Backward(weights);
        }

        using var scope = NewDisposeScope();
        using var model = new Gpt2Model(TorchPolicyCase.Size, 5);
        var losses = new List<Tensor>();
        for (var i = 0; i < 4; i++)
        {
            losses.Add(-nn.functional.logsigmoid(Plain(sequences[2 * i]).sub(Plain(sequences[(2 * i) + 1])).mul(Beta)));
        }

        stack(losses).mean().backward();
        var square = 0.0;
        foreach (var ((_, own), (_, plain)) in policy.Model.named_parameters().Zip(model.named_parameters()))
        {
            square += own.grad!.sub(plain.grad!).square().sum().item<float>();
            Assert.Equal(ScalarType.Float32, own.grad!.dtype);
        }

        Assert.True(policy.GradientNorm() > 0.1);
        Assert.InRange(Math.Sqrt(square), 0, tolerance * policy.GradientNorm());

        // One sequence without padding, in the operations of the textbook.
        Tensor Plain(TokenSequence sequence)
        {
            long[] tokens = [.. sequence.Prompt.ToArray(), .. sequence.Completion.ToArray()];
            var log = nn.functional.log_softmax(model.call(tensor(tokens).unsqueeze(0))[0], -1);
            var picked = log.narrow(0, sequence.Prompt.Length - 1, sequence.Completion.Length).gather(1, tensor(tokens[sequence.Prompt.Length..]).unsqueeze(1));
            return picked.sum();
        }
    }

    [TorchTheory]
    [InlineData("Float32")]
    [InlineData("BFloat16")]
    public void Gradients_add_up_until_a_step_and_are_scaled(string precision)
    {
        var options = TorchPolicyCase.Options with { Precision = Enum.Parse<ScalarType>(precision) };
        using var policy = TorchPolicyCase.Gpt2(options);
        var sequences = TorchPolicyCase.Sequences(4);
        double NormAfter(params double[] weights)
        {
            foreach (var weight in weights)
            {
                using var pass = policy.Forward(sequences);
                pass.Backward([weight, -weight, weight, weight]);
            }

            return policy.GradientNorm();
        }

        Assert.Equal(0, policy.GradientNorm());
        var once = NormAfter(1);
        Assert.Equal(3 * once, NormAfter(2), 0.001 * once);
        policy.ScaleGradient(0.25);
        Assert.Equal(0.75 * once, policy.GradientNorm(), 0.001 * once);
        policy.ZeroGradient();
        Assert.Equal(0, policy.GradientNorm());
        Assert.Equal(once, NormAfter(1), 1e-6 * once);
        policy.OptimizerStep(0.001);
        Assert.Equal(0, policy.GradientNorm());
    }

    [TorchTheory]
    [InlineData("Float32")]
    [InlineData("BFloat16")]
    public void A_frozen_parameter_has_no_gradient_does_not_change_and_is_frozen_in_copies(string precision)
    {
        const string Frozen = "wte.weight";
        var options = TorchPolicyCase.Options with { Precision = Enum.Parse<ScalarType>(precision), Optimizer = made => optim.AdamW(made.parameters(), weight_decay: 0.1) };
        var model = new Gpt2Model(TorchPolicyCase.Size, 5);
        model.named_parameters().Single(named => named.name == Frozen).parameter.requires_grad_(false);
        using var original = new TorchPolicy(model, () => new Gpt2Model(TorchPolicyCase.Size), options);
        using var policy = original.Copy();
        using var whole = TorchPolicyCase.Gpt2(options);
        foreach (var any in new[] { original, policy, whole })
        {
            using var pass = any.Forward(TorchPolicyCase.Sequences(4));
            pass.Backward([1, -1, 2, 1]);
        }

        using var scope = NewDisposeScope();
        Assert.All(policy.Model.named_parameters(), named => Assert.Equal(named.name != Frozen, named.parameter.requires_grad));
        Assert.Null(policy.Model.named_parameters().Single(named => named.name == Frozen).parameter.grad);
        var others = whole.Model.named_parameters().Where(named => named.name != Frozen).Sum(named => (double)named.parameter.grad!.square().sum().item<float>());
        Assert.Equal(Math.Sqrt(others), policy.GradientNorm(), 1e-4 * Math.Sqrt(others));
        Assert.True(whole.GradientNorm() > 1.001 * policy.GradientNorm());
        Assert.Equal(policy.GradientNorm(), original.GradientNorm());

        policy.OptimizerStep(0.01);
        foreach (var ((name, before), (_, after)) in original.Model.named_parameters().Zip(policy.Model.named_parameters()))
        {
            Assert.Equal(name == Frozen, before.equal(after).all().item<bool>());
        }
    }

    [TorchFact]
    public void Sequences_with_a_row_of_NaN_are_NaN_and_tokens_that_cannot_come_are_as_they_were()
    {
        using var policy = TorchPolicyCase.OfTable(new[,] { { 0.5, 0.5, 0 }, { 0.25, double.NaN, 0.25 }, { 0.05, 0.9, 0.05 } });
        double[] expected = [Math.Log(0.5), double.NaN, Math.Log(0.9), double.NegativeInfinity];
        TokenSequence[] sequences = [Of([0], [1]), Of([2], [1, 0]), Of([2], [1]), Of([0], [2])];
        Assert.Equal(expected, TorchPolicyCase.Scores(policy, sequences), (a, b) => a.Equals(b) || Math.Abs(a - b) < 1e-6);
        using var pass = policy.Forward(sequences);
        Assert.Equal(expected, pass.LogProbabilities.ToArray(), (a, b) => a.Equals(b) || Math.Abs(a - b) < 1e-6);
    }

    [TorchFact]
    public void A_step_has_the_rate_that_it_is_given()
    {
        using var policy = TorchPolicyCase.Gpt2(TorchPolicyCase.Options with { Optimizer = model => optim.SGD(model.parameters(), learningRate: 99) });
        var before = TorchPolicyCase.Saved(policy.SaveWeights);
        using var start = (TorchPolicy)policy.Freeze();
        using (var pass = policy.Forward(TorchPolicyCase.Sequences(2)))
        {
            pass.Backward([1, 1]);
        }

        var norm = policy.GradientNorm();
        policy.OptimizerStep(0.01);
        using var scope = NewDisposeScope();
        var moved = policy.Model.parameters().Zip(start.Model.parameters()).Sum(pair => pair.First.sub(pair.Second).square().sum().item<float>());
        Assert.Equal(0.01 * norm, Math.Sqrt(moved), 1e-4 * norm);
        Assert.Equal(before, TorchPolicyCase.Saved(start.SaveWeights));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.OptimizerStep(double.NaN));
    }

    [TorchFact]
    public void Mixing_goes_from_one_to_the_other()
    {
        using var policy = TorchPolicyCase.Gpt2(seed: 1);
        using var other = TorchPolicyCase.Gpt2(seed: 2);
        using var mixed = policy.Copy();
        mixed.MixWith(other, 0);
        Assert.Equal(TorchPolicyCase.Saved(policy.SaveWeights), TorchPolicyCase.Saved(mixed.SaveWeights));
        mixed.MixWith(other, 0.25);
        using var scope = NewDisposeScope();
        foreach (var ((a, b), c) in policy.Model.parameters().Zip(other.Model.parameters()).Zip(mixed.Model.parameters()))
        {
            Assert.True(c.allclose(a.mul(0.75).add(b.mul(0.25)), 1e-6, 1e-7));
        }

        mixed.MixWith(other, 1);
        Assert.Equal(TorchPolicyCase.Saved(other.SaveWeights), TorchPolicyCase.Saved(mixed.SaveWeights));
        Assert.Throws<ArgumentOutOfRangeException>(() => mixed.MixWith(other, 1.5));
        using var table = TorchPolicyCase.OfTable(Table);
        Assert.Contains("13 tokens", Assert.Throws<ArgumentException>(() => mixed.MixWith(table, 0.5)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void In_mixed_precision_steps_too_small_for_bfloat16_add_up()
    {
        var options = TorchPolicyCase.Options with { Precision = ScalarType.BFloat16, Optimizer = model => optim.SGD(model.parameters(), learningRate: 1) };
        using var policy = TorchPolicyCase.Gpt2(options);
        var sequences = TorchPolicyCase.Sequences(4);
        var before = TorchPolicyCase.Scores(policy, sequences);

        // The weights of layer normalisation are 1, where numbers of bfloat16 are 0.0078 and 0.0039 apart.
        var weight = policy.Model.named_parameters().First(named => named.name == "ln_f.weight").parameter;
        var bare = weight.detach().clone().to_type(ScalarType.BFloat16);
        for (var step = 0; step < 100; step++)
        {
            using (var pass = policy.Forward(sequences))
            {
                pass.Backward([-1, -1, -1, -1]);
            }

            var norm = policy.GradientNorm();
            using var scope = NewDisposeScope();
            using (no_grad())
            {
                bare.sub_(weight.grad!.to_type(ScalarType.BFloat16).mul(0.004 / norm));
            }

            policy.OptimizerStep(0.004 / norm);
        }

        using (var scope = NewDisposeScope())
        {
            Assert.Equal(0, bare.sub(1).abs().max().to_type(ScalarType.Float32).item<float>());
            Assert.True(weight.detach().sub(1).abs().max().item<float>() > 0.004);
        }

        bare.Dispose();
        Assert.True(TorchPolicyCase.Scores(policy, sequences).Sum() > before.Sum() + 0.1);
    }

    [TorchFact]
    public void What_a_model_cannot_read_is_refused()
    {
        using var policy = TorchPolicyCase.Gpt2();
        string Refused(TokenSequence sequence) => Assert.Throws<ArgumentException>(() => TorchPolicyCase.Scores(policy, sequence)).Message;
        Assert.Contains("There is no token 13; there are the tokens 0 to 12", Refused(Of([1], [13])), StringComparison.Ordinal);
        Assert.Contains("There is no token -1", Refused(Of([-1], [1])), StringComparison.Ordinal);
        Assert.Contains("The completion of sequence 0 is empty", Refused(Of([1], [])), StringComparison.Ordinal);
        Assert.Contains("Sequence 0 has 13 tokens, and the model reads 12", Refused(Of(new int[6], new int[7])), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => policy.LogProbabilities(TorchPolicyCase.Sequences(2), new double[3]));
        using var pass = policy.Forward(TorchPolicyCase.Sequences(2));
        Assert.Throws<ArgumentException>(() => pass.Backward([1]));
        pass.Backward([1, 1]);
        Assert.Throws<InvalidOperationException>(() => pass.Backward([1, 1]));
        using var none = policy.Forward([]);
        none.Backward([]);
        Assert.Equal(0, none.LogProbabilities.Length);

        using var other = new TorchPolicy(new Gpt2Model(TorchPolicyCase.Size), () => new Gpt2Model(TorchPolicyCase.Size with { Layers = 1 }), TorchPolicyCase.Options);
        Assert.Contains("only one has 'h.1.", Assert.Throws<ArgumentException>(other.Freeze).Message, StringComparison.Ordinal);
        using var wide = new TorchPolicy(new Gpt2Model(TorchPolicyCase.Size), () => new Gpt2Model(TorchPolicyCase.Size), TorchPolicyCase.Options with { VocabularySize = 12 });
        Assert.Contains("The model returned [1, 2, 13]", Assert.Throws<InvalidOperationException>(() => TorchPolicyCase.Scores(wide, Of([1], [1]))).Message, StringComparison.Ordinal);
    }

    private static TokenSequence Of(int[] prompt, int[] completion) => new(prompt, completion);

    private static ReadOnlyMemory<int> Memory(int[] tokens) => tokens;
}
