using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>What a <see cref="TorchPolicy"/> has to know of its model.</summary>
public sealed record TorchPolicyOptions
{
    /// <summary>The number of tokens there are: the last size of the logits.</summary>
    public required int VocabularySize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    /// <summary>The most tokens that the model reads at once, prompt and completion together.</summary>
    public required int ContextLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    /// <summary>
    /// A token that is put before every prompt, as the first token of a completion has no probability with nothing before it. Null for none; empty prompts are
    /// refused then.
    /// </summary>
    public int? BeginningToken { get; init; }

    /// <summary>The optimizer of a model, made at the first step. Its learning rates are the trainer's, which every group gets at each step.</summary>
    /// <value>By default AdamW with TorchSharp's settings: no weight decay.</value>
    public Func<nn.Module<Tensor, Tensor>, optim.Optimizer> Optimizer { get; init; } = model => optim.AdamW(model.parameters());

    /// <summary>
    /// What the model computes in: Float32, or BFloat16 for mixed precision, where the optimizer has the weights in single precision and the model a rounded copy of
    /// them. Log-probabilities and their sums are in single precision at least, whatever this is.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is another type. (Float16 would need its loss scaled.)</exception>
    public ScalarType Precision
    {
        get;
        init => field = value is ScalarType.Float32 or ScalarType.BFloat16
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A model computes in Float32 or BFloat16.");
    } = ScalarType.Float32;

    /// <summary>The most sequences that the model reads at once where there is no backward pass: log-probabilities of evaluations, drawing, divergences.</summary>
    /// <value>The default value is 16.</value>
    public int SequencesPerPass
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 16;

    /// <summary>Where the model is and computes.</summary>
    /// <value>The default value is the CPU.</value>
    public Device Device { get; init; } = CPU;
}
