namespace PreferenceLosses.Torch;

/// <summary>How a loss of tensors, or log-probabilities of tensors, are computed. The results are the same but for rounding.</summary>
public enum LossRoute
{
    /// <summary>Fused on the CPU, where that is possible; otherwise lowered. The result says which it was.</summary>
    Automatic,

    /// <summary>The formula as operations of libtorch, differentiated by its autograd: on every device, and differentiable again.</summary>
    Lowered,

    /// <summary>Value and analytic gradient of this library in one autograd function. On the CPU and on CUDA devices, without a copy; the gradient cannot be differentiated again.</summary>
    Fused,
}
