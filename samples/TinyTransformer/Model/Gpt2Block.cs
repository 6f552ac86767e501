using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TinyTransformer;

/// <summary>Attention, then a layer for each token by itself; both add to what they are given, and read it normalised.</summary>
internal sealed class Gpt2Block : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm ln_1;
    private readonly Gpt2Attention attn;
    private readonly LayerNorm ln_2;
    private readonly Gpt2Mlp mlp;

    public Gpt2Block(Gpt2Size size)
        : base(nameof(Gpt2Block))
    {
        ln_1 = nn.LayerNorm(size.Width);
        attn = new Gpt2Attention(size);
        ln_2 = nn.LayerNorm(size.Width);
        mlp = new Gpt2Mlp(size);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        var x = input1 + attn.call(ln_1.call(input1), input2);
        return (x + mlp.call(ln_2.call(x))).MoveToOuterDisposeScope();
    }
}

/// <summary>Causal attention with several heads.</summary>
internal sealed class Gpt2Attention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly int heads;
    private readonly Scalar scale;
    private readonly Conv1D c_attn;
    private readonly Conv1D c_proj;

    public Gpt2Attention(Gpt2Size size)
        : base(nameof(Gpt2Attention))
    {
        heads = size.Heads;
        scale = (1 / Math.Sqrt((double)size.Width / size.Heads)).ToScalar();
        c_attn = new Conv1D(size.Width, 3 * size.Width);
        c_proj = new Conv1D(size.Width, size.Width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        var (batch, length, width) = (input1.size(0), input1.size(1), input1.size(2));
        Tensor[] parts = [.. c_attn.call(input1).chunk(3, -1).Select(part => part.view(batch, length, heads, width / heads).transpose(1, 2))];
        var weights = ((parts[0].matmul(parts[1].transpose(-2, -1)) * scale) + input2).softmax(-1);
        var mixed = weights.matmul(parts[2]).transpose(1, 2).reshape(batch, length, width);
        return c_proj.call(mixed).MoveToOuterDisposeScope();
    }
}

/// <summary>Four times wider, GELU, and back.</summary>
internal sealed class Gpt2Mlp : nn.Module<Tensor, Tensor>
{
    private static readonly Scalar Cubic = 0.044715.ToScalar();
    private static readonly Scalar Root = Math.Sqrt(2 / Math.PI).ToScalar();
    private static readonly Scalar One = 1.0.ToScalar();
    private static readonly Scalar Half = 0.5.ToScalar();

    private readonly Conv1D c_fc;
    private readonly Conv1D c_proj;

    public Gpt2Mlp(Gpt2Size size)
        : base(nameof(Gpt2Mlp))
    {
        c_fc = new Conv1D(size.Width, 4 * size.Width);
        c_proj = new Conv1D(4 * size.Width, size.Width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return c_proj.call(Gelu(c_fc.call(input))).MoveToOuterDisposeScope();
    }

    /// <summary>x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))): what GPT-2 was trained with, and not the exact GELU.</summary>
    private static Tensor Gelu(Tensor x) => x * Half * ((((x * x * x * Cubic) + x) * Root).tanh() + One);
}

/// <summary>x·W + b with W as [in, out], as the published checkpoints have it; TorchSharp's Linear has [out, in].</summary>
internal sealed class Conv1D : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    public Conv1D(int input, int output)
        : base(nameof(Conv1D))
    {
        weight = new Parameter(zeros(input, output));
        bias = new Parameter(zeros(output));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => input.matmul(weight).add_(bias);
}
