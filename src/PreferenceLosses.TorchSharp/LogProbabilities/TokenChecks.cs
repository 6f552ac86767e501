using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>What is refused of logits, hidden states, tokens and masks.</summary>
internal static class TokenChecks
{
    public static void Logits(Tensor logits, Tensor tokens, Tensor? mask)
    {
        if (logits.dim() != 3 || logits.size(2) < 1 || !IsFloating(logits.dtype))
        {
            throw Refuse("logits", logits, "shape [B, T, V], of type Float32, Float16, BFloat16 or Float64");
        }

        Tokens(logits, "logits", tokens, mask);
    }

    public static void Hidden(Tensor hidden, Tensor head, Tensor tokens, Tensor? mask)
    {
        if (hidden.dim() != 3 || !IsFloating(hidden.dtype))
        {
            throw Refuse("hidden", hidden, "shape [B, T, H], of type Float32, Float16, BFloat16 or Float64");
        }

        if (head.dim() != 2 || head.size(0) < 1 || head.size(1) != hidden.size(2) || head.dtype != hidden.dtype)
        {
            throw Refuse("head", head, $"shape [V, {hidden.size(2)}], of type {hidden.dtype} as the hidden states have,");
        }

        OnSameDevice("head", head, "hidden", hidden);
        Tokens(hidden, "hidden", tokens, mask);
    }

    private static void Tokens(Tensor first, string name, Tensor tokens, Tensor? mask)
    {
        var (sequences, length) = (first.size(0), first.size(1));
        if (tokens.dim() != 2 || tokens.dtype != ScalarType.Int64 || tokens.size(0) != sequences || tokens.size(1) != length)
        {
            throw Refuse("tokens", tokens, $"shape [{sequences}, {length}], as '{name}' has, of type Int64");
        }

        OnSameDevice("tokens", tokens, name, first);
        if (mask is null)
        {
            return;
        }

        if (mask.dim() != 2 || mask.size(0) != sequences || mask.size(1) != length
            || mask.dtype is not (ScalarType.Bool or ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64))
        {
            throw Refuse("mask", mask, $"shape [{sequences}, {length}], as '{name}' has, of type Bool or of integers");
        }

        OnSameDevice("mask", mask, name, first);
    }

    private static bool IsFloating(ScalarType type) => type is ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16;

    private static void OnSameDevice(string name, Tensor tensor, string firstName, Tensor first)
    {
        if (tensor.device_type != first.device_type || tensor.device_index != first.device_index)
        {
            throw new InvalidBatchException($"The tensor '{name}' is on {tensor.device} and '{firstName}' on {first.device}; all are needed on one device.", name);
        }
    }

    private static InvalidBatchException Refuse(string name, Tensor tensor, string accepted) =>
        new($"The tensor '{name}' is {TensorChecks.Describe(tensor)}; {accepted} is needed.", name);
}
