using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Where the logits of a contiguous CPU tensor are. They may be more than a span can hold.</summary>
internal static unsafe class LogitMemory
{
    /// <summary>How the core calls the type; null for one that it does not read.</summary>
    public static LogitFormat? Format(ScalarType type) => type switch
    {
        ScalarType.Float32 => LogitFormat.Fp32,
        ScalarType.Float16 => LogitFormat.Fp16,
        ScalarType.BFloat16 => LogitFormat.Bf16,
        _ => null,
    };

    /// <summary>The rows of a tensor [rows, vocabulary] as the core reads them; the tensor has to live as long.</summary>
    public static Logits Logits(Tensor tensor)
    {
        return PreferenceLosses.Logits.At(Origin(tensor), Format(tensor.dtype)!.Value, checked((int)tensor.size(0)), checked((int)tensor.size(1)));
    }

    /// <summary>The same as a destination.</summary>
    public static LogitGradients Gradients(Tensor tensor) =>
        LogitGradients.At(Origin(tensor), Format(tensor.dtype)!.Value, checked((int)tensor.size(0)), checked((int)tensor.size(1)));

    private static void* Origin(Tensor tensor)
    {
        if (tensor.size(0) == 0)
        {
            return null;
        }

        using var first = tensor.narrow(0, 0, 1);
        fixed (byte* origin = first.bytes)
        {
            // libtorch's memory does not move: the pointer outlives the span.
            return origin;
        }
    }
}
