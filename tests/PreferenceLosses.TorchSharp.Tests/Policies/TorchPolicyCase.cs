using PreferenceLosses.Training;
using TinyTransformer;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Policies;

/// <summary>Models that are small enough to know what they do.</summary>
internal static class TorchPolicyCase
{
    public static readonly Gpt2Size Size = new(VocabularySize: 13, ContextLength: 12, Width: 8, Layers: 2, Heads: 2);

    public static TorchPolicyOptions Options => new() { VocabularySize = 13, ContextLength = 12, SequencesPerPass = 3 };

    public static TorchPolicy Gpt2(TorchPolicyOptions? options = null, ulong seed = 5) => new(new Gpt2Model(Size, seed), () => new Gpt2Model(Size), options ?? Options);

    /// <summary>A policy whose next token depends on the last one only: the probabilities are the rows of a table.</summary>
    public static TorchPolicy OfTable(double[,] probabilities, int? beginning = null)
    {
        var vocabulary = probabilities.GetLength(0);
        var model = new Table(vocabulary);
        using (var scope = NewDisposeScope())
        using (no_grad())
        {
            // The logits of a softmax may all be shifted.
            model.Weight.copy_(tensor(probabilities).log().add(2).to_type(ScalarType.Float32));
        }

        return new(model, () => new Table(vocabulary), new() { VocabularySize = vocabulary, ContextLength = 10, BeginningToken = beginning, SequencesPerPass = 2 });
    }

    /// <summary>Sequences of several lengths, with prompts of several lengths.</summary>
    public static TokenSequence[] Sequences(int count, ulong seed = 1)
    {
        var random = new RandomStream(seed);
        int[] Tokens(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextInt(Size.VocabularySize))];
        return [.. Enumerable.Range(0, count).Select(_ => new TokenSequence(Tokens(1 + random.NextInt(5)), Tokens(1 + random.NextInt(6))))];
    }

    /// <summary>Pairs that can be told apart: the chosen completion ends in 1, and the rejected one in 2.</summary>
    public static ExampleList Pairs(int count, ulong seed = 2)
    {
        var random = new RandomStream(seed);
        int[] Tokens(int length) => [.. Enumerable.Range(0, length).Select(_ => 3 + random.NextInt(Size.VocabularySize - 3))];
        return new(Enumerable.Range(0, count).Select(_ => new Example(
            ExampleKind.Pair, Tokens(1 + random.NextInt(4)), [(int[])[.. Tokens(random.NextInt(4)), 1], (int[])[.. Tokens(random.NextInt(4)), 2]], false, [])));
    }

    public static byte[] Saved(Action<Stream> save)
    {
        using var memory = new MemoryStream();
        save(memory);
        return memory.ToArray();
    }

    public static double[] Scores(IPolicy policy, params TokenSequence[] sequences)
    {
        var scores = new double[sequences.Length];
        policy.LogProbabilities(sequences, scores);
        return scores;
    }

    private sealed class Table : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter weight;

        public Table(int vocabulary)
            : base(nameof(Table))
        {
            weight = new Parameter(zeros(vocabulary, vocabulary));
            RegisterComponents();
        }

        public Parameter Weight => weight;

        public override Tensor forward(Tensor input) => weight.index_select(0, input.reshape(-1)).view(input.size(0), input.size(1), -1);
    }
}
