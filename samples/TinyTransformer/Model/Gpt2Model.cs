using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TinyTransformer;

/// <summary>
/// GPT-2 (Radford et al. 2019, Language Models are Unsupervised Multitask Learners): tokens [B, T] to logits [B, T, V]. The embedding of the tokens is the head too.
/// </summary>
/// <remarks>
/// Fields have the names of the published checkpoints, because TorchSharp names parameters by them: <c>wte.weight</c>, <c>h.0.attn.c_attn.weight</c>, … There is no
/// dropout: the preference trainers switch it off, and so does this library's policy.
/// </remarks>
internal sealed class Gpt2Model : nn.Module<Tensor, Tensor>
{
    private readonly Embedding wte;
    private readonly Embedding wpe;
    private readonly ModuleList<Gpt2Block> h;
    private readonly LayerNorm ln_f;

    /// <summary>A model with random weights, as the paper begins: N(0, 0.02²), and less where blocks add to what they were given.</summary>
    /// <param name="size">Its size.</param>
    /// <param name="seed">The seed of the weights.</param>
    public Gpt2Model(Gpt2Size size, ulong seed = 0)
        : base(nameof(Gpt2Model))
    {
        if (size.Heads < 1 || size.Width % size.Heads != 0)
        {
            throw new ArgumentException($"The width {size.Width} is no multiple of the {size.Heads} heads.", nameof(size));
        }

        Size = size;
        wte = nn.Embedding(size.VocabularySize, size.Width);
        wpe = nn.Embedding(size.ContextLength, size.Width);
        h = nn.ModuleList([.. Enumerable.Range(0, size.Layers).Select(_ => new Gpt2Block(size))]);
        ln_f = nn.LayerNorm(size.Width);
        RegisterComponents();
        using var scope = NewDisposeScope();
        using var nothing = no_grad();

        // TorchSharp's nn.init.normal_ takes a generator and does not use it.
        using var generator = new Generator(seed);
        foreach (var (name, parameter) in named_parameters().Where(named => named.parameter.dim() == 2))
        {
            var deviation = name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? 0.02 / Math.Sqrt(2 * size.Layers) : 0.02;
            parameter.normal_(0, deviation, generator);
        }
    }

    /// <summary>How large the model is.</summary>
    public Gpt2Size Size { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var length = input.size(1);
        if (length > Size.ContextLength)
        {
            throw new ArgumentException($"The model reads {Size.ContextLength} tokens at once, and there are {length}.", nameof(input));
        }

        var x = wte.call(input) + wpe.call(arange(length, ScalarType.Int64, input.device));

        // 0 for what may be looked at, −∞ for what comes later.
        var future = full([length, length], float.NegativeInfinity, device: input.device).triu(1).to_type(x.dtype);
        foreach (var block in h)
        {
            x = block.call(x, future);
        }

        return ln_f.call(x).matmul(wte.weight!.t()).MoveToOuterDisposeScope();
    }
}
