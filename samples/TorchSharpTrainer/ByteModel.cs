using static TorchSharp.torch;

namespace TorchSharpTrainer;

/// <summary>A small recurrent language model over bytes: tokens [B, T] in, logits of the next token [B, T, 128] out.</summary>
internal sealed class ByteModel : nn.Module<Tensor, Tensor>
{
    /// <summary>The number of tokens: ASCII.</summary>
    public const int Vocabulary = 128;

    private readonly TorchSharp.Modules.Embedding embedding;
    private readonly TorchSharp.Modules.GRU memory;
    private readonly TorchSharp.Modules.Linear head;

    /// <summary>A model with random weights.</summary>
    /// <param name="size">The width of its states.</param>
    public ByteModel(int size)
        : base(nameof(ByteModel))
    {
        embedding = nn.Embedding(Vocabulary, size);
        memory = nn.GRU(size, size, batchFirst: true);
        head = nn.Linear(size, Vocabulary);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tokens)
    {
        var (states, _) = memory.call(embedding.call(tokens));
        return head.call(states);
    }
}
